"""Search pages in a real browser: opened, scrolled, read."""
