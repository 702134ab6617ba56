"""A window in which photos are coloured: python -m pipeline.desktop."""
