"""A photo's URL -> a verified temporary file: resized by the host, bounded, decoded."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from basics.errors import DataError
from imaging.photo import open_photo
from preprocessing.square import MIN_CHROMA, SIDE_PX, read_square
from scraper.http.client import Client
from scraper.http.errors import FetchError
from scraper.manifest import TEMPORARY
from scraper.photo_ref import PhotoRef, Reason

RESIZING_HOSTS = ("images.unsplash.com",)
QUALITY = 90  # of the requested JPEG; ours
MAX_FETCHES = 3  # of a photo that arrives damaged with status 200
SUFFIXES = {  # magic number -> file name extension
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG\r\n": ".png",
    b"RIFF": ".webp",
    b"GIF8": ".gif",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
}


@dataclass(frozen=True, kw_only=True)
class Download:
    """A verified photo in a temporary file.

    Attributes:
        temporary: path of the temporary file; the caller renames or removes it.
        file: its final name.
        width, height: px.
        sha256: hex digest of its bytes.
        difference_hash: 64 hex digits.
    """

    temporary: Path
    file: str
    width: int
    height: int
    sha256: str
    difference_hash: str


def sized_url(url: str, size_px: int) -> str:
    """Ask an image host that can resize for a square of `size_px`; other URLs stay as they are.

    Source: the parameters w, h, fit, q and fm of imgix, which serves Unsplash's photos.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.hostname not in RESIZING_HOSTS and "w" not in query:
        return url
    for name in ("auto", "crop", "dpr"):
        query.pop(name, None)
    wanted = {"w": size_px, "h": size_px, "fit": "crop", "q": QUALITY, "fm": "jpg"}
    return urlunsplit(parts._replace(query=urlencode(query | wanted)))


def fetch_photo(client: Client, ref: PhotoRef, folder: Path) -> Download:
    """Download a photo to a temporary file in `folder`, and verify it.

    Raises:
        FetchError: it cannot be downloaded, or is unfit for training; no temporary file is left.
    """
    config = client.config
    url = sized_url(ref.image_url, config.size_px)
    for attempt in range(1, MAX_FETCHES + 1):
        content = client.get(url, max_bytes=config.max_bytes).content
        try:
            return store_photo(content, ref, folder, config.max_pixels)
        except FetchError as error:
            if error.reason is not Reason.DAMAGED or attempt == MAX_FETCHES:
                raise
    raise AssertionError("the last attempt returns or raises")


def store_photo(content: bytes, ref: PhotoRef, folder: Path, max_pixels: int) -> Download:
    """Write the bytes of a photo to a temporary file, and verify them.

    Raises:
        FetchError: they are unfit for training; no temporary file is left.
    """
    suffix = next((end for magic, end in SUFFIXES.items() if content.startswith(magic)), None)
    if suffix is None:
        raise _left_out("not a photo", ref, Reason.NOT_A_PHOTO)
    file = f"photo-{ref.photo_id}{suffix}"
    temporary = folder / f"{TEMPORARY}{file}"
    with temporary.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    verified = None
    try:
        verified = _verified(temporary, file, ref, max_pixels)
        return verified
    finally:
        if verified is None:
            temporary.unlink()


def _verified(temporary: Path, file: str, ref: PhotoRef, max_pixels: int) -> Download:
    """Decode the temporary file; its size and hashes."""
    try:
        photo = open_photo(temporary, max_pixels=sys.maxsize)  # the header alone
    except DataError as error:
        raise _left_out(error.args[0], ref, Reason.NOT_A_PHOTO) from error
    if photo.width * photo.height > max_pixels:
        raise _left_out(f"{photo.width} x {photo.height} px", ref, Reason.TOO_LARGE)
    if min(photo.width, photo.height) < SIDE_PX:
        raise _left_out(f"{photo.width} x {photo.height} px", ref, Reason.TOO_SMALL)
    square = read_square(temporary)
    if square is None:
        raise _left_out("the photo is damaged", ref, Reason.DAMAGED)
    if square.chroma < MIN_CHROMA:
        raise _left_out("a gray photo", ref, Reason.GRAY)
    return Download(
        temporary=temporary,
        file=file,
        width=photo.width,
        height=photo.height,
        sha256=square.sha256,
        difference_hash=square.difference_hash.tobytes().hex(),
    )


def _left_out(what: str, ref: PhotoRef, reason: Reason) -> FetchError:
    return FetchError(what, ref.image_url, "try another photo", reason)
