"""Bounds for what is decoded as a whole, before anything of it is."""

from pathlib import Path

from imaging.headers import Header


def require_fits(header: Header, path: Path) -> None:
    """Check that a photo that cannot be streamed fits into memory.

    Raises:
        TooLargeError: it does not.
    """
