"""Pictures in memory, as frames to colour: NumPy arrays and Pillow images, in and out."""

import logging
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from basics.errors import DataError
from basics.names import shown
from imaging.fading import contrast_left
from imaging.network_input import opaque
from imaging.photo import allow_safe_loaders_only, to_srgb
from imaging.upsampling import fit_coefficients
from imaging.writer import apply_chrominance
from pipeline.engine.results import Prediction
from pipeline.media.network_frame import NetworkFrame

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

# Pillow's modes that NumPy has as they are; all others are converted to RGB or RGBA
DIRECT = ("L", "RGB", "RGBA")
ORIENTATION = 274  # EXIF's tag
# what Pillow raises for EXIF that it cannot read
DAMAGE = (OSError, ValueError, LookupError, TypeError, SyntaxError, ArithmeticError, struct.error)
GRAY_16 = ("I;16", "I;16L", "I;16B", "I;16N")
# what Pillow raises of files cut short, closed images, and profiles and palettes of a wrong kind
UNDECODED = (OSError, ValueError, TypeError, SyntaxError, IndexError, KeyError, EOFError)

log = logging.getLogger(__name__)


class ImageFrame(NetworkFrame):
    """A picture in memory."""

    def __init__(self, image: pyvips.Image, *, time_s: float | None = None) -> None:
        """Keep the picture.

        Args:
            image: upright, gray or sRGB of 8 or 16 bits, alpha last.
            time_s: when it is shown, in a film.
        """
        super().__init__()
        self.image, self.time_s = image, time_s

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in px."""
        return self.image.width, self.image.height

    def _reduce(self) -> pyvips.Image:
        """It is in memory already, so it stays as large as it is."""
        return opaque(self.image)

    def full(self) -> pyvips.Image:
        """The picture itself."""
        return self.image


def image_frame(image: "NDArray[Any] | PillowImage", *, copy: bool = False) -> ImageFrame:
    """A picture of a caller as a frame.

    Args:
        image: (H, W) gray, (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16; or a Pillow image,
            whose mode says what it is.
        copy: whether the frame stays as it is when the caller changes the array.

    Raises:
        DataError: it is none of these, or empty.
    """
    allow_safe_loaders_only()
    array = image if isinstance(image, np.ndarray) else _decoded(image)
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or not array.size:
        raise _no_image(f"shape {array.shape}")
    array = np.ascontiguousarray(array, array.dtype.newbyteorder("="))
    if array.dtype not in (np.uint8, np.uint16):
        raise _no_image(f"{array.dtype} of shape {array.shape}")
    deep = array.dtype == np.uint16
    kind = ("grey16" if deep else "b-w") if array.shape[2] == 1 else ("rgb16" if deep else "srgb")
    kept = array.copy() if copy else array
    return ImageFrame(pyvips.Image.new_from_array(kept, interpretation=kind))


def _decoded(image: Any) -> NDArray[Any]:
    """A Pillow image's pixels, which it may decode only now; or what came of that, as our error."""
    try:
        return _from_pillow(image)
    except UNDECODED as error:
        raise _no_image(f"Pillow cannot decode it: {shown(str(error))}") from error


def colored_array(prediction: Prediction[Any]) -> NDArray[Any]:
    """A picture in its predicted colours: (H, W, 3) RGB or (H, W, 4) RGBA, of its own depth."""
    image = prediction.encoded.frame.full()
    return in_colors(image, prediction, deep=image.format == "ushort").numpy()


def in_colors(image: pyvips.Image, prediction: Prediction[Any], *, deep: bool) -> pyvips.Image:
    """A copy of a frame, of any size, in its predicted colours: 16 bits if `deep`, else 8."""
    ab, frame = prediction.colors, prediction.encoded.frame
    short_side = min(ab.shape[:2])
    lightness = frame.lightness(short_side)
    contrast = contrast_left(lightness, frame.seen(short_side))
    return apply_chrominance(image, fit_coefficients(ab, lightness, contrast=contrast), deep=deep)


def _from_pillow(image: Any) -> NDArray[Any]:
    """A Pillow image of any mode -> (H, W), (H, W, 3) or (H, W, 4).

    Its profile and its EXIF's orientation are obeyed.
    """
    if getattr(image, "mode", None) is None:
        raise _no_image(type(image).__name__)
    image = _upright(image)
    mode, profile = image.mode, image.info.get("icc_profile")
    if mode in GRAY_16:
        return np.asarray(image).astype(np.uint16)
    if mode in ("I", "F"):
        return _gray_16(np.asarray(image, np.float64), mode)
    if mode == "1":
        return np.asarray(image.convert("L"))
    if mode == "LAB":
        return np.asarray(_lab_to_rgb(image))
    if mode == "CMYK" and profile:
        return _to_srgb(np.asarray(image), profile, is_cmyk=True)
    if mode == "La":  # Pillow knows no way from here but this one
        image, mode = image.convert("LA"), "LA"
    has_alpha = "A" in mode or "a" in mode or "transparency" in image.info
    wanted = mode if mode in DIRECT and "transparency" not in image.info else None
    if wanted is None:
        wanted = "RGBA" if has_alpha else "RGB"
    array = np.asarray(image if mode == wanted else image.convert(wanted))
    return _to_srgb(array, profile) if profile and mode in (*DIRECT, "P", "PA") else array


def _upright(image: Any) -> Any:
    """A Pillow image turned as its EXIF says; damaged EXIF says nothing."""
    from PIL import ImageOps

    try:
        if image.getexif().get(ORIENTATION, 1) == 1:
            return image
        return ImageOps.exif_transpose(image)
    except DAMAGE as error:
        log.warning("damaged EXIF, from which nothing is taken: %s", error)
        return image


def _lab_to_rgb(image: Any) -> Any:
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")


def _gray_16(values: NDArray[np.float64], mode: str) -> NDArray[np.uint16]:
    """Pillow's modes of 32 bits: I holds 0 to 65535, F 0 to 255."""
    scale = 257.0 if mode == "F" else 1.0
    if not np.isfinite(values).all():
        raise _no_image("numbers that are not finite")
    return np.rint(np.clip(values * scale, 0, 65535)).astype(np.uint16)


def _to_srgb(array: NDArray[Any], profile: bytes, *, is_cmyk: bool = False) -> NDArray[Any]:
    """An array with an ICC profile -> the same in sRGB."""
    kind = "b-w" if array.ndim == 2 else "cmyk" if is_cmyk else "srgb"
    image = pyvips.Image.new_from_array(array, interpretation=kind).copy()
    content: Any = profile  # bytes are what libvips wants
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", content)
    return to_srgb(image).numpy()


def _no_image(what: str) -> DataError:
    return DataError(
        f"no image that can be coloured: {what}",
        "image",
        "give (H, W), (H, W, 3) or (H, W, 4) of uint8 or uint16, or a Pillow image",
    )
