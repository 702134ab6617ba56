"""sRGB to normalised CIELAB and back: the only module that knows the scales.

`lightness` is L*/100 and `ab` is a*/128, b*/128, everywhere in this project. scikit-image is the
reference; `training/lab_ops.py` does the same inside a compiled training step, and
`imaging/lab_bands.py` at full size through libvips.
"""

import numpy as np
from numpy.typing import NDArray

from basics.errors import DataError

L_SCALE = 100.0  # L* runs from 0 (black) to 100 (white)
AB_SCALE = 128.0  # sRGB stays within a*, b* = -107.9 .. 98.3; the paper gives no scale

# IEC 61966-2-1 linear sRGB to CIE XYZ, and the D65 white of the 2 degree observer
XYZ_FROM_RGB = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
WHITE_XYZ = (0.95047, 1.0, 1.08883)


def split_lab(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Split an sRGB image into lightness and chrominance.

    Args:
        rgb: (..., H, W, 3) uint8 sRGB, 0 to 255.

    Returns:
        lightness: (..., H, W, 1) L*/100, 0 to 1.
        ab: (..., H, W, 2) a*/128 and b*/128, within [-1, 1]; 0 is gray (to 1e-4).

    Raises:
        DataError: `rgb` is not uint8, or its last axis is not 3 long.

    Source: section IV-A (L is the input, ab the target); CIE 1976, D65, 2 degree observer.
    """
    from skimage.color import rgb2lab  # not needed to colour a photo, so not imported with us

    require_rgb(rgb, where="split_lab")
    lab = rgb2lab(rgb).astype(np.float32)
    return lab[..., :1] / L_SCALE, lab[..., 1:] / AB_SCALE


def join_lab(lightness: NDArray[np.floating], ab: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Join lightness and chrominance to sRGB, keeping the lightness.

    Colours outside sRGB lose chroma, not lightness: in linear light they are mixed with the gray
    of their own lightness until every channel lies within [0, 1].

    Args:
        lightness: (..., H, W, 1) L*/100, 0 to 1.
        ab: (..., H, W, 2) a*/128 and b*/128.

    Returns:
        (..., H, W, 3) uint8 sRGB.

    Raises:
        DataError: the shapes do not agree.
    """
    if lightness.shape[:-1] != ab.shape[:-1] or lightness.shape[-1] != 1 or ab.shape[-1] != 2:
        raise DataError(
            f"lightness {lightness.shape} and chrominance {ab.shape} do not agree",
            "join_lab",
            "give (..., H, W, 1) and (..., H, W, 2)",
        )
    f_y = (np.asarray(lightness, np.float64) * L_SCALE + 16) / 116
    f_x = f_y + np.asarray(ab, np.float64)[..., :1] * AB_SCALE / 500
    f_z = f_y - np.asarray(ab, np.float64)[..., 1:] * AB_SCALE / 200
    xyz = _f_inverse(np.concatenate([f_x, f_y, f_z], axis=-1)) * WHITE_XYZ
    linear = xyz @ np.linalg.inv(XYZ_FROM_RGB).T
    linear = _into_gamut(linear, gray=xyz[..., 1:2])
    return np.rint(encode_srgb(linear) * 255).astype(np.uint8)


def gray_from_lightness(lightness: NDArray[np.floating]) -> NDArray[np.uint8]:
    """(..., H, W, 1) lightness -> (..., H, W) uint8 gray of that lightness; L* 53.6 becomes 128."""
    return np.rint(levels_from_lightness(lightness)[..., 0] * 255).astype(np.uint8)


def levels_from_lightness(lightness: NDArray[np.floating]) -> NDArray[np.float64]:
    """Lightness L*/100 -> the level of sRGB, 0 to 1, of the gray that has it; any shape."""
    return encode_srgb(_f_inverse((np.asarray(lightness, np.float64) * L_SCALE + 16) / 116))


def lightness_from_levels(levels: NDArray[np.floating]) -> NDArray[np.float32]:
    """Levels of sRGB, 0 to 1, of gray -> lightness L*/100; any shape."""
    return _lightness(decode_srgb(np.asarray(levels, np.float64)))


def lightness_from_gray(gray: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(..., H, W) uint8 gray -> (..., H, W, 1) lightness; 128 becomes L* 53.6, not 50.2."""
    return lightness_from_levels(np.asarray(gray, np.float64) / 255)[..., None]


def lightness_from_rgb(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(..., H, W, 3) uint8 sRGB -> (..., H, W, 1) lightness: `split_lab` without ab."""
    require_rgb(rgb, where="lightness_from_rgb")
    return _lightness(decode_srgb(np.asarray(rgb, np.float64) / 255) @ XYZ_FROM_RGB[1])[..., None]


def encode_srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light 0 to 1 -> gamma-encoded sRGB 0 to 1 (IEC 61966-2-1); values outside are cut."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def decode_srgb(encoded: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gamma-encoded sRGB 0 to 1 -> linear light 0 to 1 (IEC 61966-2-1)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def require_rgb(rgb: NDArray[np.uint8], *, where: str) -> None:
    """Raise `DataError` unless `rgb` is (..., H, W, 3) uint8."""
    if rgb.dtype != np.uint8 or rgb.ndim < 3 or rgb.shape[-1] != 3:
        raise DataError(
            f"not an sRGB image: shape {rgb.shape}, {rgb.dtype}", where, "give (..., H, W, 3) uint8"
        )


def _lightness(luminance: NDArray[np.float64]) -> NDArray[np.float32]:
    """CIE Y relative to white, 0 to 1 -> L*/100."""
    toe = luminance * (29 / 6) ** 2 / 3 + 4 / 29
    root = np.where(luminance > (6 / 29) ** 3, np.cbrt(luminance), toe)
    return ((116 * root - 16) / L_SCALE).astype(np.float32)


def _f_inverse(f: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE 1976: the inverse of Lab's cube root with its linear toe."""
    return np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))


def _into_gamut(linear: NDArray[np.float64], gray: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mix linear RGB with the gray of its lightness, just enough to fit into [0, 1]."""
    gray = np.clip(gray, 0, 1)
    highest = linear.max(axis=-1, keepdims=True)
    lowest = linear.min(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        room_above = np.where(highest > 1, (1 - gray) / (highest - gray), 1)
        room_below = np.where(lowest < 0, gray / (gray - lowest), 1)
    return gray + np.clip(np.minimum(room_above, room_below), 0, 1) * (linear - gray)
