"""GANs: networks as published, their training, making faces with them, and checking what was made."""
