"""Pooled features of an ImageNet network that no colorizer starts from: a judge's eyes."""

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from training.encoders.efficientnet_lite import build_encoder, load_encoder_weights


class PooledFeatures:
    """EfficientNet-Lite on sRGB; several threads may use it at once."""

    def __init__(
        self, path: Path, *, variant: str, width: float = 1.0, depth: int | None = None
    ) -> None:
        """Build the network and give it its weights.

        Args:
            path: as `training.encoders.efficientnet_lite.load_encoder_weights` takes it.
            variant: "lite0", "lite1" or "lite2".
            width: factor of all filters, for small networks in tests.
            depth: at most so many blocks in each stage, for the same.

        Raises:
            CheckpointError: the weights cannot be had, or do not fit.
        """
        self.encoder = build_encoder(width, depth, variant=variant, channels=3)
        load_encoder_weights(self.encoder, path, variant=variant)

    def __call__(self, rgb: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """(N, H, W, 3) uint8 sRGB, sides multiples of 32 -> (N, C) of each map: its means."""
        maps = self.encoder(rgb.astype(np.float32) / 255, training=False)
        pooled = [keras.ops.mean(one, axis=(1, 2)) for one in maps]
        return [np.asarray(keras.ops.convert_to_numpy(one)) for one in pooled]
