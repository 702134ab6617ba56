"""The plane of ab cut into classes: what a network over them predicts, and is trained on.

A mean over all likely colours is brown where a photo could be red or blue; probabilities of classes
need not decide. The grid is ours; Zhang et al. 2016, section 2, take squares of 10 units.
"""

import numpy as np
from numpy.typing import NDArray

STEP = 0.125  # of ab: 16 units of a*, b*
AXIS = np.arange(-7, 8, dtype=np.float32) * STEP  # sRGB lies within -0.85 .. 0.77
LOGITS = "classes"  # the layer of a decoder that gives a logit for each class


def class_colours() -> NDArray[np.float32]:
    """(225, 2) ab of the classes, a slowest."""
    return np.stack(np.meshgrid(AXIS, AXIS, indexing="ij"), axis=-1).reshape(-1, 2)
