"""The fused engine: whole epochs of training run as one compiled function for each architecture."""
