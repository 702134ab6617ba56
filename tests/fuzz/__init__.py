"""Mutated photos of every format, and whether the program bears them; see `__main__.py`."""
