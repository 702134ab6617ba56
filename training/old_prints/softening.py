"""Blur and low resolution as matrix products along rows and columns, one matrix for each photo."""

from keras import KerasTensor, ops

SHARP_PX = 0.15  # a gaussian that touches no other pixel


def soften(levels: KerasTensor, blur_px: KerasTensor, reduction: KerasTensor) -> KerasTensor:
    """Blur photos, then reduce and enlarge them again.

    Args:
        levels: (N, S, S) of squares.
        blur_px: (N,) standard deviations of a gaussian.
        reduction: (N,) factors from 1.

    Returns:
        (N, S, S).
    """
    side = levels.shape[-1]
    along = ops.matmul(enlarged_again(reduction, side), gaussian(blur_px, side))
    return on_both_sides(along, levels)


def on_both_sides(along: KerasTensor, levels: KerasTensor) -> KerasTensor:
    """(N, S, S) matrices applied to the columns and to the rows of (N, S, S)."""
    return ops.matmul(ops.matmul(along, levels), ops.transpose(along, (0, 2, 1)))


def gaussian(sigma_px: KerasTensor, side: int) -> KerasTensor:
    """(N,) standard deviations -> (N, S, S) weights; each row sums to 1, at the edges too."""
    places = ops.arange(side, dtype="float32")
    squared = ops.square(places[:, None] - places)
    sigma = ops.reshape(ops.maximum(sigma_px, SHARP_PX), (-1, 1, 1))
    weights = ops.exp(-squared / (2 * ops.square(sigma)))
    return weights / ops.sum(weights, axis=-1, keepdims=True)


def enlarged_again(reduction: KerasTensor, side: int) -> KerasTensor:
    """(N,) factors -> (N, S, S): reduced by a triangle filter, enlarged linearly.

    A reduced photo has S / factor pixels, another number for each; what is beyond them is zero.
    """
    factor = ops.reshape(reduction, (-1, 1, 1))
    centres = ops.arange(side, dtype="float32") + 0.5
    reduced = centres[:, None] * factor  # (N, S, 1) centres of the reduced pixels in the photo
    down = ops.maximum(1 - ops.abs(reduced - centres) / factor, 0)
    down = down / ops.maximum(ops.sum(down, axis=-1, keepdims=True), 1e-6)
    exists = ops.cast(ops.transpose(reduced, (0, 2, 1)) < side + factor / 2, "float32")
    up = ops.maximum(1 - ops.abs(centres[:, None] / factor - centres), 0) * exists
    up = up / ops.sum(up, axis=-1, keepdims=True)
    return ops.matmul(up, down)
