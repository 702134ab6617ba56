"""What is known of a photo on its road: seen, predicted, coloured."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imaging.photo import Photo
from pipeline.engine.routing import Blend, Ranking


@dataclass(frozen=True, kw_only=True)
class Colored:
    """One coloured photo, and how it came about.

    Attributes:
        input, output: paths.
        category: the most confident one, or the one that the caller named.
        confidence: the router's for that category, 0 to 1; None if it does not know it.
        ranking: (category, confidence) of all that the router knows, most confident first.
        width, height: px, of input and output alike.
        seconds: wall time; of a photo in a batch, its share of the networks' time.
        colorizer: what coloured it, such as "shared_encoder/beach"; of a blend all, joined by
            "+", the weightiest first.
    """

    input: Path
    output: Path
    category: str
    confidence: float | None
    ranking: Ranking
    width: int
    height: int
    seconds: float
    colorizer: str


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An opened photo, and its miniature (h, w, 1) lum, which is all that the networks see."""

    photo: Photo
    lum: NDArray[np.float32]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """What the networks said of a photo.

    Attributes:
        seen: the photo.
        ranking: (category, confidence), most confident first.
        chosen: which colorizers, with their weights.
        ab: (h, w, 2) their chrominance, blended, as colourful as wanted.
        seconds: wall time so far.
    """

    seen: Seen
    ranking: Ranking
    chosen: Blend
    ab: NDArray[np.float32]
    seconds: float
