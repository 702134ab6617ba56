import numpy as np
import pytest
from keras import ops

from colorizers.color_classes import STEP, class_colours
from colorizers.tasks.classes import cross_entropy


def test_the_loss_of_classes_is_least_where_the_four_around_the_truth_share_it():
    truth = np.full((1, 4, 4, 2), [0.3, -0.05], np.float32)
    colours = class_colours()
    sharing = np.prod(np.maximum(1 - np.abs(colours - truth[0, 0, 0]) / STEP, 0), -1)
    assert np.count_nonzero(sharing) == 4
    assert sharing.sum() == pytest.approx(1, abs=1e-5)

    def loss(probabilities: np.ndarray) -> float:
        logits = np.broadcast_to(np.log(probabilities + 1e-9), (1, 2, 2, len(colours))).astype(
            np.float32
        )
        return float(cross_entropy(ops.convert_to_tensor(logits), ops.convert_to_tensor(truth)))

    entropy = -np.sum(sharing[sharing > 0] * np.log(sharing[sharing > 0]))
    vivid = 1 + np.hypot(0.3, 0.05) / 0.25
    assert loss(sharing) == pytest.approx(entropy * vivid, rel=1e-3)
    assert loss(sharing) < loss(np.ones(225) / 225) < loss(np.roll(sharing, 60))
