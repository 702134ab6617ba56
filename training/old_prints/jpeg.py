"""What JPEG leaves of gray photos: cosine coefficients of 8 x 8 blocks, rounded to steps.

Source: ITU-T T.81, annex A.3.3 (the transform) and table K.1 (steps for luminance); libjpeg's
`jpeg_quality_scaling`. Entropy coding loses nothing and is left out.
"""

import numpy as np
from keras import KerasTensor, ops
from numpy.typing import NDArray

BLOCK = 8
STEPS = (  # table K.1, at quality 50
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)


def compressed(levels: KerasTensor, quality: KerasTensor) -> KerasTensor:
    """Photos as a JPEG of that quality gives them back.

    Args:
        levels: (N, S, S) levels of sRGB, 0 to 1; S a multiple of 8.
        quality: (N,) from 1 to 100; where it is 0, the photo stays as it is.

    Returns:
        (N, S, S), 0 to 1 but for what overshoots.
    """
    side = levels.shape[-1]
    blocks = side // BLOCK
    waves = np.kron(np.eye(blocks), cosines()).astype(np.float32)  # (S, S), of all blocks
    there, back = ops.convert_to_tensor(waves), ops.convert_to_tensor(waves.T.copy())
    steps = ops.tile(steps_of(ops.maximum(quality, 1)), (1, blocks, blocks))
    pixels = levels * 255 - 128
    coefficients = ops.matmul(ops.matmul(there, pixels), back)
    coefficients = ops.round(coefficients / steps) * steps
    pixels = ops.matmul(ops.matmul(back, coefficients), there)
    kept = ops.reshape(quality, (-1, 1, 1)) < 1
    return ops.where(kept, levels, (pixels + 128) / 255)


def cosines() -> NDArray[np.float64]:
    """(8, 8) orthonormal waves; a block has the coefficients `waves @ block @ waves.T`."""
    frequency, place = np.mgrid[:BLOCK, :BLOCK]
    waves = np.cos((2 * place + 1) * frequency * np.pi / (2 * BLOCK)) * np.sqrt(2 / BLOCK)
    waves[0] /= np.sqrt(2)
    return waves


def steps_of(quality: KerasTensor) -> KerasTensor:
    """(N,) qualities from 1 to 100 -> (N, 8, 8) whole steps of the coefficients."""
    quality = ops.reshape(quality, (-1, 1, 1))
    percent = ops.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    return ops.clip(
        ops.floor((ops.convert_to_tensor(STEPS, "float32") * percent + 50) / 100), 1, 255
    )
