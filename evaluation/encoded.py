"""Packed photos through the shipped networks: what export and evaluation measure on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyvips
from numpy.typing import NDArray

from imaging.lab import gray_from_lightness, join_lab, split_lab
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle import ModelEntry
from pipeline.engine.inputs import blend
from pipeline.engine.request import ColorRequest
from pipeline.engine.results import Encoded, saturated
from pipeline.engine.routing import Blend, Ranking
from pipeline.engine.views import ONCE, Views
from pipeline.media.images import ImageFrame, image_frame


@dataclass(frozen=True, kw_only=True, eq=False)
class EncodedPhoto:
    """One photo that has passed the router once.

    Attributes:
        rgb: (H, W, 3) uint8, the original.
        encoded: what the router and its encoder said of it.
    """

    rgb: NDArray[np.uint8]
    encoded: Encoded[ImageFrame]

    @property
    def ranking(self) -> Ranking:
        """The router's."""
        return self.encoded.ranking

    @cached_property
    def lightness(self) -> NDArray[np.float32]:
        """(H, W, 1) L*/100 of the original."""
        return split_lab(self.rgb)[0]


def encode_photo(colorizer: Colorizer, rgb: NDArray[np.uint8], views: Views = ONCE) -> EncodedPhoto:
    """Classify a (256, 256, 3) uint8 photo from its lightness; all its views colour it."""
    rgb = np.asarray(rgb)
    (encoded,) = colorizer.engine.encode([image_frame(rgb, copy=True)], views)
    return EncodedPhoto(rgb=rgb, encoded=encoded)


def predicted_ab(
    colorizer: Colorizer, photo: EncodedPhoto, entry: ModelEntry
) -> NDArray[np.float32]:
    """Chrominance (H, W, 2) of the photo by one colorizer, at the photo's own size."""
    (ab,) = colorizer.engine.predict_by(entry, [photo.encoded])
    scale = photo.rgb.shape[0] / ab.shape[0]
    if scale == 1:
        return ab
    return pyvips.Image.new_from_array(ab).resize(scale, kernel="cubic").numpy()


def colored_by(colorizer: Colorizer, photo: EncodedPhoto, entry: ModelEntry) -> NDArray[np.uint8]:
    """The photo (H, W, 3) uint8 coloured by one colorizer."""
    return colored_by_blend(colorizer, photo, [(entry, 1.0)])


def colored_by_blend(
    colorizer: Colorizer, photo: EncodedPhoto, chosen: Blend, request: ColorRequest | None = None
) -> NDArray[np.uint8]:
    """The photo (H, W, 3) uint8 coloured by several colorizers, each with its weight."""
    weighted = [(predicted_ab(colorizer, photo, entry), weight) for entry, weight in chosen]
    return join_blend(colorizer, photo, weighted, request)


def routed_rgb(
    colorizer: Colorizer, photo: EncodedPhoto, request: ColorRequest | None = None
) -> NDArray[np.uint8]:
    """The photo (H, W, 3) uint8 as `pipeline.colorize` colours it; None asks for nothing else."""
    chosen = colorizer.engine.choose(photo.ranking, request or colorizer.defaults)
    return colored_by_blend(colorizer, photo, chosen, request)


def join_blend(
    colorizer: Colorizer,
    photo: EncodedPhoto,
    weighted: Sequence[tuple[NDArray[np.float32], float]],
    request: ColorRequest | None = None,
) -> NDArray[np.uint8]:
    """The photo (H, W, 3) uint8 with the weighted mean of several ab (H, W, 2)."""
    ab = blend([ab for ab, _ in weighted], [weight for _, weight in weighted])
    saturation = colorizer.engine.saturation(request or colorizer.defaults)
    return join_lab(photo.lightness, saturated(ab, saturation))


def gray_rgb(photo: EncodedPhoto) -> NDArray[np.uint8]:
    """The photo (H, W, 3) uint8 without its colours."""
    return np.repeat(gray_from_lightness(photo.lightness)[..., None], 3, axis=-1)
