"""CIELUV beside CIELAB, with `keras.ops`: the chrominance of Hwang and Zhou's networks.

Both have the same lightness, so that u*, v* and a*, b* are two names of one colour under a photo's
own L*. Source: CIE 1976, D65, 2 degree observer.
"""

from keras import KerasTensor, ops

from imaging.lab import AB_SCALE, L_SCALE, WHITE_XYZ

UV_SCALE = 100.0  # of u*, v*: they take on values from -100 to 100 there; sRGB reaches 175
DARKEST = 1.0  # L* below which a colour is that of so much light: there u', v' are noise
_X, _Y, _Z = WHITE_XYZ
WHITE_U, WHITE_V = 4 * _X / (_X + 15 * _Y + 3 * _Z), 9 * _Y / (_X + 15 * _Y + 3 * _Z)


def luv_of_lab(lightness: KerasTensor, ab: KerasTensor) -> KerasTensor:
    """(N, H, W, 1) L*/100 and (N, H, W, 2) a*/128, b*/128 -> (N, H, W, 2) u*/100, v*/100."""
    light = ops.maximum(lightness * L_SCALE, DARKEST)
    f_y = (light + 16) / 116
    x = _X * _cubed(f_y + ab[..., 0:1] * (AB_SCALE / 500))
    y = _Y * _cubed(f_y)
    z = _Z * _cubed(f_y - ab[..., 1:2] * (AB_SCALE / 200))
    total = x + 15 * y + 3 * z
    u, v = 4 * x / total, 9 * y / total
    return ops.concatenate([u - WHITE_U, v - WHITE_V], axis=-1) * (13 * light / UV_SCALE)


def lab_of_luv(lightness: KerasTensor, uv: KerasTensor) -> KerasTensor:
    """(N, H, W, 1) L*/100 and (N, H, W, 2) u*/100, v*/100 -> (N, H, W, 2) a*/128, b*/128."""
    light = ops.maximum(lightness * L_SCALE, DARKEST)
    shifted = uv * (UV_SCALE / (13 * light))
    u, v = shifted[..., 0:1] + WHITE_U, ops.maximum(shifted[..., 1:2] + WHITE_V, 0.05)
    f_y = (light + 16) / 116
    y = _Y * _cubed(f_y)
    x = y * 9 * ops.maximum(u, 0) / (4 * v)
    z = y * ops.maximum(12 - 3 * u - 20 * v, 0) / (4 * v)
    a = 500 * (_rooted(x / _X) - f_y)
    b = 200 * (f_y - _rooted(z / _Z))
    return ops.clip(ops.concatenate([a, b], axis=-1) / AB_SCALE, -1, 1)


def _cubed(f: KerasTensor) -> KerasTensor:
    """The inverse of Lab's cube root with its linear toe, 0 at least."""
    return ops.maximum(ops.where(f > 6 / 29, f * f * f, 3 * (6 / 29) ** 2 * (f - 4 / 29)), 0)


def _rooted(t: KerasTensor) -> KerasTensor:
    epsilon = (6 / 29) ** 3
    root = ops.exp(ops.log(ops.maximum(t, epsilon)) / 3)
    return ops.where(t > epsilon, root, t * ((29 / 6) ** 2 / 3) + 4 / 29)
