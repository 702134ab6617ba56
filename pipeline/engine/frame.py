"""What the engine colours: a frame, wherever it comes from and wherever it goes."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import pyvips
from numpy.typing import NDArray


class Frame(Protocol):
    """One picture to colour: a photo reads its file, a film's frame its buffer."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in px, upright."""
        ...

    @property
    def time_s(self) -> float | None:
        """When it is shown, in a film; None in a photo."""
        ...

    def lightness(self, short_side: int) -> NDArray[np.float32]:
        """(h, w, 1) L*/100, 0 to 1, so many px on the short side, as `network_size` has it.

        Raises:
            DataError: the picture is damaged.
        """
        ...

    def seen(self, short_side: int) -> NDArray[np.float32]:
        """The same as the networks see it: with the contrast of a sound photo if it has faded.

        Raises:
            DataError: the picture is damaged.
        """
        ...

    def full(self) -> pyvips.Image:
        """The picture at full size, upright: gray or sRGB of 8 or 16 bits, alpha last.

        Raises:
            DataError: the picture is damaged.
        """
        ...


class Source(Protocol):
    """Where frames come from: a file, its pages, a film."""

    def frames(self) -> Iterator[Frame]:
        """Each frame once, in order."""
        ...


class Sink(Protocol):
    """Where coloured frames go: it refuses first what it cannot hold, and commits last."""

    def write(self, frame: Frame, ab: NDArray[np.float32], saturation: float) -> None:
        """Write a frame in (h, w, 2) ab, multiplied by `saturation`.

        Raises:
            DataError: the frame is damaged, or the result cannot be written.
        """
        ...
