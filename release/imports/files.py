"""Files of weights that others released: read whole, within bounds."""

from pathlib import Path

from basics.errors import CheckpointError


def read_bounded(path: Path, most: int, fix: str) -> bytes:
    """The bytes of a file.

    Args:
        path: a plain file.
        most: bytes that it may have.
        fix: what to do, for the error.

    Raises:
        CheckpointError: there is no such file, it cannot be read, or has more bytes than that.
    """
    if not path.is_file():
        raise CheckpointError("no such file", path, fix)
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise CheckpointError(f"cannot be read: {error.strerror or error}", path, fix) from error
    if len(data) > most:
        what = f"more than {most:,} bytes, which no network that is known here has"
        raise CheckpointError(what, path, fix)
    return data
