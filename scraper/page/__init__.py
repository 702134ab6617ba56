"""Search pages in a headless browser: opened, scrolled, parsed."""
