"""Write a photo at full size in new colours: its own luminance, a predicted chrominance.

Everything is one libvips pipeline from file to file, streamed strip by strip.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from preprocessing.cli import written_aside
from preprocessing.errors import DataError
from preprocessing.lab import AB_SCALE, L_SCALE, lum_from_gray
from preprocessing.photo import Photo, first_line, read_full, reading

JPEG = {"Q": 95, "subsample_mode": "off"}  # 4:4:4: colour at full resolution
WEBP = {"Q": 95, "smart_subsample": True}
TIFF = {"compression": "deflate", "predictor": "horizontal"}  # below 4 GB: no viewer balks
PNG = {"compression": 3, "filter": "sub"}  # filtered, a photo needs no more effort
SAVERS: dict[str, dict[str, Any]] = {
    ".jpg": JPEG, ".jpeg": JPEG, ".png": PNG, ".webp": WEBP, ".tif": TIFF, ".tiff": TIFF,
}  # fmt: skip
DEEP = {".png", ".tif", ".tiff"}  # formats that hold 16 bits per channel


def write_colored(photo: Photo, ab: NDArray[np.float32], path: Path) -> None:
    """Join a photo's luminance with a chrominance and write it, aside first.

    Args:
        photo: an opened photo.
        ab: (h, w, 2) a*/128 and b*/128 of any size; enlarged to the photo's with a bicubic filter.
        path: of the result; its suffix chooses the format.

    Raises:
        DataError: the photo is damaged, `ab` is no chrominance, or the result cannot be written;
            nothing is left behind.
    """
    _require_ab(ab)
    suffix = path.suffix.lower()
    if suffix not in SAVERS:
        raise DataError(f"cannot write {suffix or 'a file without suffix'}", path, "name it .jpg")
    with reading(photo):
        image = colored(read_full(photo), ab, deep=photo.depth == 16 and suffix in DEEP)
        if image.hasalpha() and suffix in (".jpg", ".jpeg"):
            image = image.flatten(background=[255])
    try:
        with written_aside(path) as side, side.open("wb+") as file:
            target = pyvips.Target.new_to_descriptor(file.fileno())
            image.write_to_target(target, suffix, **SAVERS[suffix])
    except pyvips.Error as error:
        raise DataError(
            f"cannot write the coloured photo: {first_line(error)}",
            f"{photo.path} -> {path}",
            "check the disk and that the photo opens elsewhere",
        ) from error
    except OSError as error:
        raise DataError(
            f"cannot write the coloured photo: {error.strerror}: {error.filename}",
            path,
            "choose another output, or free the disk",
        ) from error


def colored(image: pyvips.Image, ab: NDArray[np.float32], *, deep: bool) -> pyvips.Image:
    """Gray or sRGB of any depth -> sRGB of 8 bits (16 if `deep`) in new colours, alpha kept."""
    alpha = image[image.bands - 1] if image.hasalpha() else None
    opaque = image[: image.bands - 1] if alpha is not None else image
    lum = _luminance(opaque)
    lab = lum.bandjoin(_enlarge(ab * AB_SCALE, image.width, image.height))
    linear = _into_gamut(lab.copy(interpretation="lab").colourspace("xyz"))
    rgb = linear.copy(interpretation="scrgb").colourspace("rgb16" if deep else "srgb")
    if alpha is not None:
        was_deep = image.format == "ushort"
        if was_deep != deep:
            alpha = alpha * 257 if deep else alpha / 257  # 65535 = 255 * 257
        rgb = rgb.bandjoin(alpha.cast(rgb.format))
    rgb = rgb.copy()
    for field in ("jpeg-thumbnail-data", "icc-profile-data"):  # a gray miniature; an old profile
        if rgb.get_typeof(field):
            rgb.remove(field)
    return rgb


def _require_ab(ab: NDArray[np.float32]) -> None:
    """Raise `DataError` unless `ab` is (h, w, 2), finite and not empty."""
    if ab.ndim != 3 or ab.shape[2] != 2 or not ab.size or not np.isfinite(ab).all():
        raise DataError(
            f"no chrominance: shape {ab.shape}, or not finite",
            "write_colored",
            "give (h, w, 2) finite numbers; check the network",
        )


def _luminance(image: pyvips.Image) -> pyvips.Image:
    """Gray or sRGB -> L* 0 to 100; 8-bit gray by table, the same as the networks see."""
    if image.bands == 1 and image.format == "uchar":
        table = L_SCALE * lum_from_gray(np.arange(256, dtype=np.uint8)[None])
        return image.maplut(pyvips.Image.new_from_array(table))
    return image.colourspace("lab")[0]


def _enlarge(ab: NDArray[np.float32], width: int, height: int) -> pyvips.Image:
    """(h, w, 2) -> an image of width x height px."""
    small = pyvips.Image.new_from_array(np.ascontiguousarray(ab, np.float32))
    return small.resize(width / small.width, vscale=height / small.height, kernel="cubic")


def _into_gamut(xyz: pyvips.Image) -> pyvips.Image:
    """CIE XYZ -> linear sRGB within [0, 1]: too strong a colour is mixed with its own gray.

    The same as `preprocessing.lab.join_lab`. libvips gives 0 for a division by 0, which here means
    that the colour is gray anyway.
    """
    gray = xyz[1] / 100
    linear = xyz.colourspace("scrgb")
    highest = linear[0].maxpair(linear[1]).maxpair(linear[2])
    lowest = linear[0].minpair(linear[1]).minpair(linear[2])
    share = ((1 - gray) / (highest - gray)).minpair(gray / (gray - lowest)).clamp()
    return gray + share * (linear - gray)
