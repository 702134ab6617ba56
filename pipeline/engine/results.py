"""What is known of a frame on its road: encoded, predicted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.engine.frame import Frame
from pipeline.engine.routing import Blend, Ranking
from pipeline.engine.views import View

AnyFrame = TypeVar("AnyFrame", bound=Frame, covariant=True)


@dataclass(frozen=True, kw_only=True, eq=False)
class EncodedView(Generic[AnyFrame]):
    """One view of a frame, which has passed the router.

    Attributes:
        frame: of which it is a view.
        view: which.
        lightness: (h, w, 1) L*/100, 0 to 1: what the router saw.
        confidences: (categories,), 0 to 1, as the router gives them.
        features: the encoder's maps, each (1, ...).
    """

    frame: AnyFrame
    view: View
    lightness: NDArray[np.float32]
    confidences: NDArray[np.float32]
    features: Sequence[NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Encoded(Generic[AnyFrame]):
    """A frame that has passed the router, which it does once whatever is then asked for.

    Attributes:
        views: of the frame; one, unless the best colours were asked for.
        ranking: (category, confidence), most confident first; of the views' mean confidences.
    """

    views: Sequence[EncodedView[AnyFrame]]
    ranking: Ranking

    @property
    def frame(self) -> AnyFrame:
        """What was encoded."""
        return self.views[0].frame

    @property
    def n_bytes(self) -> int:
        """What lightness and features take in memory."""
        arrays = [array for one in self.views for array in (one.lightness, *one.features)]
        return sum(array.nbytes for array in arrays)

    def without_features(self) -> "Encoded[AnyFrame]":
        """The same without the encoder's maps, megabytes that writing does not need."""
        return replace(self, views=[replace(one, features=()) for one in self.views])


@dataclass(frozen=True, kw_only=True, eq=False)
class Prediction(Generic[AnyFrame]):
    """What the networks said of a frame.

    Attributes:
        encoded: the frame.
        chosen: which colorizers, with their weights.
        ab: (h, w, 2) a*/128 and b*/128, blended, within [-1, 1].
        saturation: factor of `ab` that was asked for.
    """

    encoded: Encoded[AnyFrame]
    chosen: Blend
    ab: NDArray[np.float32]
    saturation: float

    @property
    def ranking(self) -> Ranking:
        """The router's."""
        return self.encoded.ranking

    @property
    def colors(self) -> NDArray[np.float32]:
        """(h, w, 2) ab as colourful as was asked for, within [-1, 1]."""
        return saturated(self.ab, self.saturation)

    @property
    def colorizer(self) -> str:
        """What coloured it: "shared_encoder/beach"; of a blend all, the weightiest first."""
        return "+".join(f"{entry.architecture}/{entry.category}" for entry, _ in self.chosen)


def saturated(ab: NDArray[np.float32], saturation: float) -> NDArray[np.float32]:
    """(h, w, 2) ab multiplied, held within [-1, 1]."""
    return np.clip(saturation * ab, -1, 1)
