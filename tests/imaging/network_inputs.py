"""A photo as the networks see it."""

import numpy as np
from numpy.typing import NDArray

from imaging.network_input import lightness_of, reduced
from imaging.photo import Photo


def network_input(photo: Photo, short_side: int = 256) -> NDArray[np.float32]:
    """(h, w, 1) L*/100 of an opened photo."""
    return lightness_of(reduced(photo, short_side))
