"""Making faces: networks as published, their training, and sampling."""
