"""Chrominance from luminance: the networks, their training, prediction and metrics."""
