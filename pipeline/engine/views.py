"""Test-time augmentation: how a frame passes the networks, and how often.

It passes once, at the size that the bundle names. Where the best colours are asked for it also
passes smaller and mirrored: the mean of what is predicted is nearer to the truth, and takes three
times as long.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.engine.frame import Frame
from pipeline.engine.request import ColorRequest

SMALLER = 0.75  # ours: 192 px beside 256


@dataclass(frozen=True, kw_only=True)
class View:
    """One way in which a frame passes the networks.

    Attributes:
        scale: factor of the short side at which each of the networks is run.
        is_mirrored: whether left and right change places.
    """

    scale: float = 1.0
    is_mirrored: bool = False

    def lightness(self, frame: Frame, inference_px: int) -> NDArray[np.float32]:
        """(h, w, 1) L*/100, 0 to 1: a frame as a network of this size sees it.

        Raises:
            DataError: the frame is damaged.
        """
        return self.turned(frame.seen(round(self.scale * inference_px)))

    def turned(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """(h, w, c) -> the same, mirrored if the view is; twice, and it is as it was."""
        return image[:, ::-1] if self.is_mirrored else image


Views = Sequence[View]
ONCE: Views = (View(),)
BEST: Views = tuple(
    View(scale=scale, is_mirrored=mirrored)
    for scale in (1.0, SMALLER)
    for mirrored in (False, True)
)


def views_of(request: ColorRequest) -> Views:
    """The views that a request asks for."""
    return BEST if request.best else ONCE
