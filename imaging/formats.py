"""Which files count as photos, and how results are saved."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

# libvips loaders of photos; all others (SVG, PDF, CSV, raw ...) are refused
LOADERS = {"jpegload", "pngload", "webpload", "tiffload", "gifload", "heifload", "jxlload"}
FORMATS = {"jpg": ".jpg", "png": ".png", "webp": ".webp", "tiff": ".tif"}  # that we write
WRITABLE = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"}
OTHER_JPEG = {".jfif", ".jpe", ".jif", ".mpo"}  # names of JPEG that results do not bear
# what a folder is searched for
READABLE = WRITABLE | OTHER_JPEG | {
    ".gif", ".avif", ".avifs", ".heic", ".heics", ".heif", ".hif",
}  # fmt: skip
DEEP = {".png", ".tif", ".tiff"}  # formats that hold 16 bits per channel
TIFF = {".tif", ".tiff"}
OPAQUE = {".jpg", ".jpeg"}  # formats without transparency
MAX_PIXELS = 300_000_000  # of a photo; more is refused before anything is decoded
QUALITY = 95  # of JPEG and WebP, 1 to 100
MOST_PX = {".jpg": 65_535, ".jpeg": 65_535, ".webp": 16_383}  # longest side that a format holds


@dataclass(frozen=True, kw_only=True)
class Saving:
    """How a result is saved.

    Attributes:
        quality: of JPEG and WebP, 1 to 100; others lose nothing.
        strip: leave the photo's metadata out.
    """

    quality: int = QUALITY
    strip: bool = False


def saver_options(suffix: str, saving: Saving) -> dict[str, Any]:
    """What libvips is told to save a file of this suffix with; `suffix` is one of `WRITABLE`."""
    if suffix in OPAQUE:  # 4:4:4: colour at full resolution
        return {"Q": saving.quality, "subsample_mode": "off"}
    if suffix == ".webp":
        return {"Q": saving.quality, "smart_subsample": True}
    if suffix in TIFF:  # below 4 GB: no viewer balks
        return {"compression": "deflate", "predictor": "horizontal"}
    return {"compression": 3, "filter": "sub"}  # filtered, a photo needs no more effort


def result_suffix(path: Path, loader: str, format_: str | None) -> str:
    """The suffix of a photo's result: its own if that can be written, unless another is asked for.

    Args:
        path: of the photo; its name may have no suffix.
        loader: what libvips reads it with.
        format_: one of `FORMATS`, or None.
    """
    if format_:
        return FORMATS[format_]
    return path.suffix if path.suffix.lower() in WRITABLE else format_suffix(loader)


def named_suffix(path: Path) -> str:
    """The suffix of a photo's result, by its name alone: ".png" where we write no such file."""
    suffix = path.suffix.lower()
    if suffix in WRITABLE:
        return path.suffix
    return ".jpg" if suffix in OTHER_JPEG else ".png"


def format_suffix(loader: str) -> str:
    """The suffix of a file that libvips reads by `loader`; ".png" where we write no such file."""
    suffixes = {"jpegload": ".jpg", "webpload": ".webp", "tiffload": ".tif"}
    return suffixes.get(loader, ".png")


def same_format(one: str, other: str) -> bool:
    """Whether two suffixes are of one format: .jpg and .jpeg, .tif and .tiff."""
    return any({one, other} <= group for group in (OPAQUE, TIFF, {one}))
