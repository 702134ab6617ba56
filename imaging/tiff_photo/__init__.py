"""The photos of a TIFF: which directories hold them, and what libvips does not read of them."""
