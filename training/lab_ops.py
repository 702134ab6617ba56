"""sRGB to luminance and chrominance with `keras.ops`, inside a compiled step, on any backend."""

import numpy as np
from keras import KerasTensor, ops

from preprocessing.lab import AB_SCALE, L_SCALE, WHITE_XYZ, XYZ_FROM_RGB


def split_lab(rgb: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
    """Split sRGB images as `preprocessing.lab.split_lab` does, to 1e-4.

    Args:
        rgb: (N, H, W, 3) float32 sRGB, 0 to 255; may hold fractions, as resampling makes them.

    Returns:
        lum: (N, H, W, 1) float32 L*/100, 0 to 1.
        ab: (N, H, W, 2) float32 a*/128 and b*/128, within [-1, 1].
    """
    encoded = rgb / 255.0
    toe = encoded / 12.92
    curve = ops.power((ops.maximum(encoded, 0.04045) + 0.055) / 1.055, 2.4)
    linear = ops.where(encoded <= 0.04045, toe, curve)
    to_xyz = (np.array(XYZ_FROM_RGB) / np.array(WHITE_XYZ)[:, None]).T.astype(np.float32)
    xyz = ops.matmul(linear, to_xyz)  # relative to white
    epsilon = (6 / 29) ** 3
    root = ops.exp(ops.log(ops.maximum(xyz, epsilon)) / 3)
    f = ops.where(xyz > epsilon, root, xyz * ((29 / 6) ** 2 / 3) + 4 / 29)
    f_x, f_y, f_z = f[..., 0:1], f[..., 1:2], f[..., 2:3]
    lum = (116 * f_y - 16) / L_SCALE
    ab = ops.concatenate([500 * (f_x - f_y), 200 * (f_y - f_z)], axis=-1) / AB_SCALE
    return lum, ab
