"""Write a photo at full size in new colours: its own lightness, a predicted chrominance.

Everything is one libvips pipeline from file to file, streamed strip by strip.
"""

from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from basics.cancel import CancelToken
from basics.errors import DamagedError, DataError, Setting
from basics.files import Commit, atomic_write, overwrite
from imaging.formats import DEEP, MOST_PX, OPAQUE, WRITABLE, Saving, saver_options
from imaging.lab_bands import join_bands, lightness_band
from imaging.metadata.carry import Told, described, embed
from imaging.photo import Photo, first_line, read_full, reading
from imaging.upsampling import enlarge, fit_coefficients
from imaging.whole import require_writes

WIDE_PX = 5000  # a photo with wider rows is computed in tiles
TILE_PX = 1024, 16  # width, height


def write_photo(
    photo: Photo,
    ab: NDArray[np.float32],
    path: Path,
    *,
    lightness: NDArray[np.float32],
    contrast: float = 1.0,
    saving: Saving | None = None,
    cancel: CancelToken | None = None,
    commit: Commit = overwrite,
) -> None:
    """Join a photo's lightness with a chrominance and write it atomically.

    Args:
        photo: an opened photo.
        ab: (h, w, 2) a*/128 and b*/128 of any size; enlarged along the photo's edges.
        path: of the result; its suffix chooses the format.
        lightness: (h, w, 1) L*/100 of the photo, small.
        contrast: of the photo, where a sound one has 1; see `fit_coefficients`.
        saving: quality and metadata; None takes the defaults.
        cancel: ends the writing from another thread.
        commit: how the finished file takes the name `path`; see `atomic_write`.

    Raises:
        DataError: the photo is damaged, `ab` is no chrominance, or the result cannot be written;
            nothing is left behind.
        Cancelled: it was cancelled; nothing is left behind.
    """
    cancel = cancel or CancelToken()
    cancel.require()
    _require_ab(ab)
    suffix = path.suffix.lower()
    require_holds(photo, path)
    saving = saving or Saving()
    with reading(photo):
        image = read_full(photo)
        coefficients = fit_coefficients(ab, lightness, contrast=contrast)
        deep = photo.depth == 16 and suffix in DEEP
        result = apply_chrominance(image, coefficients, deep=deep)
        told = described(result, photo, suffix=suffix, strip=saving.strip)
        if result.hasalpha() and suffix in OPAQUE:
            result = result.flatten(background=[255])
        result = _by_tiles(result)
    try:
        with atomic_write(path, commit=commit) as temporary:
            with cancel.stopping(lambda: result.set_kill(True)):
                _save(result, temporary, saving, told)
            cancel.require()
    except pyvips.Error as error:
        cancel.require()
        raise DamagedError(
            f"cannot write the coloured photo: {first_line(error)}",
            f"{photo.path} -> {path}",
            "check the disk and that the photo opens elsewhere, or colour what is left of it",
            Setting("tolerate", True),
        ) from error
    except OSError as error:
        raise DataError(
            f"cannot write the coloured photo: {error.strerror}",
            path,
            "choose another output, or free the disk",
        ) from error


def require_holds(photo: Photo, path: Path) -> None:
    """Check that the format of a result can hold the photo.

    Raises:
        DataError: it is a format that is not written, or too small for the photo.
    """
    suffix = path.suffix.lower()
    if suffix not in WRITABLE:
        raise DataError(f"cannot write {suffix or 'a file without suffix'}", path, "name it .jpg")
    most, longest = MOST_PX.get(suffix), max(photo.width, photo.height)
    if most and longest > most:
        what = f"{photo.width} x {photo.height} px: {suffix} ends at {most:,} px"
        raise DataError(what, photo.path, "save it as another format", Setting("format", "png"))
    require_writes(photo.header, photo.path, suffix)


def apply_chrominance(
    image: pyvips.Image, coefficients: NDArray[np.float32], *, deep: bool
) -> pyvips.Image:
    """Gray or sRGB of any depth -> sRGB of 8 bits (16 if `deep`) in new colours, alpha kept.

    Args:
        image: the photo at full size.
        coefficients: (h, w, 4) from `fit_coefficients`.
        deep: whether the result has 16 bits per channel.
    """
    alpha = image[image.bands - 1] if image.hasalpha() else None
    opaque = image[: image.bands - 1] if alpha is not None else image
    lightness = lightness_band(opaque)
    a, b = enlarge(coefficients, lightness)
    rgb = join_bands(lightness, a, b, deep=deep)
    if alpha is not None:
        was_deep = image.format == "ushort"
        if was_deep != deep:
            alpha = alpha * 257 if deep else alpha / 257  # 65535 = 255 * 257
        rgb = rgb.bandjoin(alpha.cast(rgb.format))
    return rgb


def _save(image: pyvips.Image, temporary: Path, saving: Saving, told: Told) -> None:
    """Write an image to a temporary file, tagged as sRGB, with what it says of itself."""
    suffix = temporary.suffix.lower()
    with temporary.open("wb+") as file:
        target = pyvips.Target.new_to_descriptor(file.fileno())
        options = saver_options(suffix, saving)
        image.write_to_target(target, suffix, profile="srgb", keep="icc", **options)
    embed(temporary, told)


def _by_tiles(image: pyvips.Image) -> pyvips.Image:
    """A wide photo tile by tile: its rows would be held in each of some thirty steps."""
    if image.width <= WIDE_PX:
        return image
    width, height = TILE_PX
    across = -(-image.width // width)
    return image.tilecache(
        tile_width=width, tile_height=height, max_tiles=4 * across, access="sequential",
        threaded=True,
    )  # fmt: skip


def _require_ab(ab: NDArray[np.float32]) -> None:
    """Raise `DataError` unless `ab` is (h, w, 2), finite and not empty."""
    if ab.ndim != 3 or ab.shape[2] != 2 or not ab.size or not np.isfinite(ab).all():
        raise DataError(
            f"no chrominance: shape {ab.shape}, or not finite",
            "write_photo",
            "give (h, w, 2) finite numbers; check the network",
        )
