"""Files of the server on their way in and out, piece by piece."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from basics.errors import DataError

CHUNK_BYTES = 3 << 17  # a multiple of 3, which base64 turns into 4
MEDIA_TYPES = {
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp",
    ".tif": "image/tiff", ".tiff": "image/tiff", ".gif": "image/gif", ".avif": "image/avif",
    ".heic": "image/heic", ".heif": "image/heif",
}  # fmt: skip
ANY_TYPE = "application/octet-stream"


def keep_upload(upload: Path | BinaryIO, path: Path) -> None:
    """Write what a client has sent into a file.

    Raises:
        DataError: there is no room for it, or it is gone.
    """
    try:
        if isinstance(upload, Path):
            shutil.copyfile(upload, path)
        else:
            upload.seek(0)
            with path.open("wb") as file:
                shutil.copyfileobj(upload, file, CHUNK_BYTES)
    except OSError as error:
        what = f"the server cannot keep the photo: {error.strerror}"
        raise DataError(what, "the photo", "try again later") from error


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """What a file holds, which is closed then."""
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
