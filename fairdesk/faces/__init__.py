"""From pixels to vectors: detectors, alignment, encoders."""
