"""Clusters, encodings and pictures of them as files."""
