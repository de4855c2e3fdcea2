"""The one training loop of generation and training: Fabric, precision, checkpoints, exact resume. torch lives here."""
