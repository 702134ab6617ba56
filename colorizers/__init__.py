"""Chrominance from lightness: the networks, their tasks and their training."""
