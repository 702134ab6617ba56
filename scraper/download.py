"""A photo's address -> a verified file beside its place: sized, bounded, decoded."""

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
from scraper.manifest import ASIDE
from scraper.photo_ref import PhotoRef, Reason

RESIZING_HOSTS = ("images.unsplash.com",)
QUALITY = 90  # of the JPEG that is asked for; ours
FETCHES = 3  # of a photo that arrives damaged, as long as the server says that all is well
KINDS = {  # how the bytes of a photo begin -> how its name ends
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG\r\n": ".png",
    b"RIFF": ".webp",
    b"GIF8": ".gif",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
}


@dataclass(frozen=True, kw_only=True)
class Download:
    """A verified photo in a side file.

    Attributes:
        side: the side file; the caller renames or removes it.
        file: the name that it is to get.
        width, height: px.
        sha256: hex digest of its bytes.
        difference_hash: 64 hex digits.
    """

    side: Path
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
    """Download a photo to a side file in `folder`, and verify it.

    Raises:
        FetchError: it cannot be had, or is no photo to train on; no side file is left.
    """
    config = client.config
    url = sized_url(ref.image_url, config.size_px)
    for _ in range(FETCHES - 1):
        content = client.get(url, max_bytes=config.max_bytes).content
        try:
            return store_photo(content, ref, folder, config.max_pixels)
        except FetchError as error:
            if error.reason is not Reason.DAMAGED:
                raise
    content = client.get(url, max_bytes=config.max_bytes).content
    return store_photo(content, ref, folder, config.max_pixels)


def store_photo(content: bytes, ref: PhotoRef, folder: Path, max_pixels: int) -> Download:
    """Write the bytes of a photo aside, and verify them there.

    Raises:
        FetchError: they are no photo to train on; no side file is left.
    """
    suffix = next((end for start, end in KINDS.items() if content.startswith(start)), None)
    if suffix is None:
        raise _left_out("the bytes are no photo", ref, Reason.NOT_A_PHOTO)
    file = f"photo-{ref.photo_id}{suffix}"
    side = folder / f"{ASIDE}{file}"
    with side.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    try:
        return _verified(side, file, ref, max_pixels)
    except FetchError:
        side.unlink()
        raise


def _verified(side: Path, file: str, ref: PhotoRef, max_pixels: int) -> Download:
    """Decode the side file and measure it."""
    try:
        photo = open_photo(side, max_pixels=sys.maxsize)  # the header alone
    except DataError as error:
        raise _left_out(error.args[0], ref, Reason.NOT_A_PHOTO) from error
    if photo.width * photo.height > max_pixels:
        raise _left_out(f"{photo.width} x {photo.height} px", ref, Reason.TOO_LARGE)
    if min(photo.width, photo.height) < SIDE_PX:
        raise _left_out(f"{photo.width} x {photo.height} px", ref, Reason.TOO_SMALL)
    square = read_square(side)
    if square is None:
        raise _left_out("the photo is damaged", ref, Reason.DAMAGED)
    if square.chroma < MIN_CHROMA:
        raise _left_out("the photo has no colours", ref, Reason.GRAY)
    return Download(
        side=side,
        file=file,
        width=photo.width,
        height=photo.height,
        sha256=square.sha256,
        difference_hash=square.difference_hash.tobytes().hex(),
    )


def _left_out(what: str, ref: PhotoRef, reason: Reason) -> FetchError:
    return FetchError(what, ref.image_url, "try another photo", reason)
