"""Photos -> the lightness of old prints of them, with `keras.ops`, inside a compiled step.

In the order in which it happens: the film's gray, the lens and the size, the grain, the fading, a
veil of light or damp, the paper's rim, the file; and last what the program itself does to faded
prints before a network sees them (`imaging/fading.py`).
"""

import numpy as np
from keras import KerasTensor, ops
from numpy.typing import NDArray

from imaging.fading import FADED, LEAST, SOUND, USUAL
from training.lab_ops import decode_srgb, encode_srgb, lightness_of
from training.old_prints.fields import FIELDS, NAMED, rows_of
from training.old_prints.jpeg import compressed
from training.old_prints.softening import gaussian, on_both_sides, soften


def old_print_lightness(rgb: KerasTensor, prints: KerasTensor, grain: KerasTensor) -> KerasTensor:
    """What a network sees of old prints.

    Args:
        rgb: (N, S, S, 3) float32 sRGB, 0 to 255; S a multiple of 8.
        prints: (N, 16) float32, in the order of `FIELDS`.
        grain: (N, S, S) float32, normally distributed.

    Returns:
        (N, S, S, 1) float32 L*/100, 0 to 1, strongly faded prints stretched.
    """
    levels, clean = _levels(rgb, prints, grain)
    return lightness_of(decode_srgb(_stretched(levels, clean)))[..., None]


def named_lightness(
    rgb: NDArray[np.uint8], name: str, rng: np.random.Generator
) -> NDArray[np.float32]:
    """The lightness of photos with one fault, not stretched: as it would be read from a file.

    Args:
        rgb: (N, S, S, 3) uint8 sRGB; S a multiple of 8.
        name: one of `NAMED`.
        rng: draws the grain.

    Returns:
        (N, S, S, 1) float32 L*/100, 0 to 1.
    """
    prints = np.repeat(rows_of(NAMED[name]), len(rgb), axis=0)
    grain = rng.standard_normal(rgb.shape[:3], np.float32)
    photos = ops.convert_to_tensor(rgb.astype(np.float32))
    levels, _ = _levels(photos, ops.convert_to_tensor(prints), ops.convert_to_tensor(grain))
    return ops.convert_to_numpy(lightness_of(decode_srgb(levels))[..., None])


def within_rim(prints: KerasTensor, side: int) -> KerasTensor:
    """(N, 16) prints -> (N, S, S, 1) float32: 1 in the picture, 0 on the paper, which is gray."""
    place = _places(side)
    to_edge = ops.minimum(place, 1 - place)
    nearest = ops.minimum(to_edge[:, None], to_edge)[..., None]
    return ops.cast(nearest > _fields(prints, (-1, 1, 1, 1))["rim"], "float32")


def _levels(
    rgb: KerasTensor, prints: KerasTensor, grain: KerasTensor
) -> tuple[KerasTensor, KerasTensor]:
    """(N, S, S) levels of the prints, 0 to 1; the same without grain, rim and file."""
    side = rgb.shape[1]
    of = _fields(prints, (-1, 1, 1))
    linear = decode_srgb(rgb / 255.0)
    weights = ops.reshape(prints[:, :3], (-1, 1, 1, 3))
    levels = encode_srgb(ops.sum(linear * weights, axis=-1))
    levels = soften(levels, of["blur_px"][:, 0, 0], of["reduction"][:, 0, 0])
    levels = ops.clip(levels, 0, 1)
    speckled = levels + of["grain"] * _clotted(grain, of["grain_px"][:, 0, 0])
    veil = _veil(of, side)

    def aged(levels: KerasTensor) -> KerasTensor:
        faded = of["darkest"] + (of["brightest"] - of["darkest"]) * levels
        return faded + veil * (1 - faded)

    inside = within_rim(prints, side)[..., 0]
    printed = inside * aged(ops.clip(speckled, 0, 1)) + (1 - inside) * of["rim_level"]
    filed = compressed(printed, of["jpeg_quality"][:, 0, 0])
    return ops.clip(filed, 0, 1), aged(levels)


def _fields(prints: KerasTensor, shape: tuple[int, ...]) -> dict[str, KerasTensor]:
    """Each field of the prints by its name, in that shape."""
    return {name: ops.reshape(prints[:, i], shape) for i, name in enumerate(FIELDS)}


def _places(side: int) -> KerasTensor:
    """(S,) centres of the pixels as fractions of the side."""
    return (ops.arange(side, dtype="float32") + 0.5) / side


def _clotted(grain: KerasTensor, grain_px: KerasTensor) -> KerasTensor:
    """(N, S, S) normally distributed -> the same in grains of that size, its variance kept."""
    along = gaussian(grain_px, grain.shape[-1])
    left = ops.sqrt(ops.sum(ops.square(along), axis=-1))  # (N, S) of the standard deviation
    return on_both_sides(along, grain) / (left[:, :, None] * left[:, None, :])


def _veil(of: dict[str, KerasTensor], side: int) -> KerasTensor:
    """(N, S, S) share of what is missing to white."""
    place = _places(side)
    down = ops.exp(-ops.square((place[:, None] - of["veil_y"]) / of["veil_radius"]) / 2)
    across = ops.exp(-ops.square((place - of["veil_x"]) / of["veil_radius"]) / 2)
    return of["veil"] * down * across  # (N, S, 1) times (N, 1, S)


def _stretched(levels: KerasTensor, clean: KerasTensor) -> KerasTensor:
    """Levels spread as `imaging.fading.stretched` does; the ends are those of `clean`.

    Where that takes percentiles, since dust and noise lie beyond, here is nothing of the kind.
    """
    low = ops.min(clean, axis=(1, 2), keepdims=True)
    span = ops.maximum(ops.max(clean, axis=(1, 2), keepdims=True) - low, LEAST)
    strength = ops.clip((SOUND - span) / (SOUND - FADED), 0, 1)
    to_low = low + strength * (USUAL[0] - low)
    to_span = span + strength * (USUAL[1] - USUAL[0] - span)
    return ops.clip(to_low + to_span / span * (levels - low), 0, 1)
