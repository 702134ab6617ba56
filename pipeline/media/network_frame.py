"""What a photo in a file and a picture in memory share as frames: what the networks see of them."""

from abc import ABC, abstractmethod
from functools import cached_property

import numpy as np
import pyvips
from numpy.typing import NDArray

from imaging.fading import seen_by_networks
from imaging.network_input import fine_lightness, has_color, lightness_at


class NetworkFrame(ABC):
    """A frame that makes what the networks see once for each size."""

    def __init__(self) -> None:
        """Make nothing yet."""
        self._lightness: dict[int, NDArray[np.float32]] = {}  # by short side
        self._seen: dict[int, NDArray[np.float32]] = {}

    @property
    @abstractmethod
    def size(self) -> tuple[int, int]:
        """Width and height in px, upright."""

    @abstractmethod
    def full(self) -> pyvips.Image:
        """The picture at full size, upright: gray or sRGB of 8 or 16 bits, alpha last."""

    @abstractmethod
    def _reduce(self) -> pyvips.Image:
        """Make `reduced`."""

    @cached_property
    def reduced(self) -> pyvips.Image:
        """A copy from which lightness is made: 8 bits, gray or sRGB, without alpha."""
        return self._reduce()

    @property
    def has_color(self) -> bool:
        """Whether it has colours of its own; a toned print has none."""
        return has_color(self.reduced)

    def lightness(self, short_side: int) -> NDArray[np.float32]:
        """(h, w, 1) L*/100 at the networks' size, made from the reduced copy."""
        if short_side not in self._lightness:
            self._lightness[short_side] = lightness_at(self.reduced, self.size, short_side)
        return self._lightness[short_side]

    def seen(self, short_side: int) -> NDArray[np.float32]:
        """(h, w, 1) L*/100 as the networks see it; what has faded is read once more for that."""
        if short_side not in self._seen:
            self._seen[short_side] = seen_by_networks(
                self.lightness(short_side),
                lambda: self._fine_lightness(short_side),
                reduction=min(self.size) / short_side,
            )
        return self._seen[short_side]

    def _fine_lightness(self, short_side: int) -> NDArray[np.float32]:
        """The same as `lightness`, rounded nowhere to 8 bits."""
        return fine_lightness(self.full(), short_side)
