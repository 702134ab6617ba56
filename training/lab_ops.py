"""sRGB to lightness and chrominance and back with `keras.ops`, inside a compiled step."""

import numpy as np
from keras import KerasTensor, ops

from imaging.lab import AB_SCALE, L_SCALE, WHITE_XYZ, XYZ_FROM_RGB


def split_lab(rgb: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
    """Split sRGB images as `imaging.lab.split_lab` does, to 1e-4.

    Args:
        rgb: (N, H, W, 3) float32 sRGB, 0 to 255; may hold fractions, as resampling makes them.

    Returns:
        lightness: (N, H, W, 1) float32 L*/100, 0 to 1.
        ab: (N, H, W, 2) float32 a*/128 and b*/128, within [-1, 1].
    """
    linear = decode_srgb(rgb / 255.0)
    to_xyz = (np.array(XYZ_FROM_RGB) / np.array(WHITE_XYZ)[:, None]).T.astype(np.float32)
    xyz = ops.matmul(linear, to_xyz)  # relative to white
    f = _cube_root(xyz)
    f_x, f_y, f_z = f[..., 0:1], f[..., 1:2], f[..., 2:3]
    lightness = (116 * f_y - 16) / L_SCALE
    ab = ops.concatenate([500 * (f_x - f_y), 200 * (f_y - f_z)], axis=-1) / AB_SCALE
    return lightness, ab


def join_lab(lightness: KerasTensor, ab: KerasTensor) -> KerasTensor:
    """Join lightness and chrominance to sRGB; channels outside it are cut, and teach nothing.

    Args:
        lightness: (N, H, W, 1) float32 L*/100, 0 to 1.
        ab: (N, H, W, 2) float32 a*/128 and b*/128.

    Returns:
        (N, H, W, 3) float32 sRGB, 0 to 1. What is shown keeps its lightness instead
        (`imaging.lab.join_lab`): within sRGB the two agree.
    """
    f_y = (lightness * L_SCALE + 16) / 116
    f_x = f_y + ab[..., 0:1] * (AB_SCALE / 500)
    f_z = f_y - ab[..., 1:2] * (AB_SCALE / 200)
    f = ops.concatenate([f_x, f_y, f_z], axis=-1)
    toe = 3 * (6 / 29) ** 2 * (f - 4 / 29)
    xyz = ops.where(f > 6 / 29, f * f * f, toe)  # relative to white
    to_rgb = (np.linalg.inv(XYZ_FROM_RGB) * np.array(WHITE_XYZ)).T.astype(np.float32)
    linear = ops.clip(ops.matmul(xyz, to_rgb), 0, 1)
    return encode_srgb(linear)


def decode_srgb(encoded: KerasTensor) -> KerasTensor:
    """Gamma-encoded sRGB 0 to 1 -> linear light 0 to 1 (IEC 61966-2-1); any shape."""
    toe = encoded / 12.92
    curve = ops.power((ops.maximum(encoded, 0.04045) + 0.055) / 1.055, 2.4)
    return ops.where(encoded <= 0.04045, toe, curve)


def encode_srgb(linear: KerasTensor) -> KerasTensor:
    """Linear light 0 to 1 -> gamma-encoded sRGB 0 to 1 (IEC 61966-2-1); any shape."""
    curve = 1.055 * ops.power(ops.maximum(linear, 0.0031308), 1 / 2.4) - 0.055
    return ops.where(linear <= 0.0031308, 12.92 * linear, curve)


def lightness_of(luminance: KerasTensor) -> KerasTensor:
    """CIE Y relative to white, 0 to 1 -> L*/100; any shape."""
    return (116 * _cube_root(luminance) - 16) / L_SCALE


def _cube_root(xyz: KerasTensor) -> KerasTensor:
    """CIE 1976: the cube root of Lab with its linear toe."""
    epsilon = (6 / 29) ** 3
    root = ops.exp(ops.log(ops.maximum(xyz, epsilon)) / 3)
    return ops.where(xyz > epsilon, root, xyz * ((29 / 6) ** 2 / 3) + 4 / 29)
