from pathlib import Path

import numpy as np
import pytest
from keras import ops

from colorizers.config import ColorizerConfig
from colorizers.models import vgg16_bins, vgg16_regression
from colorizers.tasks import find_task
from colorizers.tasks.luv import HUBER_UV, bins_entropy, huber_uv
from tests.thin import build_thin
from training.batches import load_photos, training_batches
from training.luv_ops import luv_of_lab
from training.task import NETWORK

M = HUBER_UV


def test_a_small_error_counts_squared_and_a_large_one_linearly():
    truth = ops.zeros((1, 1, 1, 2))
    for error in (M / 2, M, 3 * M):
        predicted = ops.convert_to_tensor(np.full((1, 1, 1, 2), -error, np.float32))
        expected = error**2 if error < M else M * (2 * error - M)
        assert float(huber_uv(predicted, truth)) == pytest.approx(expected, rel=1e-5)


def test_the_bin_of_the_truth_is_the_cheapest_and_what_lies_beyond_is_in_the_last():
    truth = np.array([0.05, -3], np.float32).reshape(1, 1, 1, 2)

    def loss(u: int, v: int) -> float:
        logits = np.zeros((1, 1, 1, 2, 50), np.float32)
        logits[..., 0, u] = logits[..., 1, v] = 9
        flat = logits.reshape(1, 1, 1, 100)
        return float(bins_entropy(ops.convert_to_tensor(flat), ops.convert_to_tensor(truth)))

    right = int(np.argmin(np.abs(vgg16_bins.CENTRES - 0.05)))
    assert loss(right, 0) < 0.01 < 4 < loss(right + 1, 0)
    assert loss(right, 1) > 4


@pytest.mark.parametrize(
    ("spec", "loss"), [(vgg16_regression.SPEC, "huber_uv"), (vgg16_bins.SPEC, "bins_uv")]
)
def test_the_loss_looks_at_the_colours_that_become_ab(spec, loss, packed_photos):
    places = {"packed_dir": packed_photos, "run_dir": Path("run"), "category": "beach"}
    config = ColorizerConfig(**places, architecture=spec.name, loss=loss, size=64, run_px=64)
    task = find_task(config, {NETWORK: build_thin(spec)})
    photos = load_photos(packed_photos, ["beach"], "train")
    options = {"batch_size": 2, "seed": 0, "start_step": 0, "augmentation": task.augmentation}
    (batch,) = next(training_batches(photos, **options))
    outputs = task.forward(batch, False)
    assert outputs["ab"].shape == (2, 64, 64, 2)
    (value,) = task.losses(outputs).values()
    assert float(value) > 0
    perfect = luv_of_lab(outputs["lightness"], outputs["truth"])
    if loss == "huber_uv":
        small = ops.average_pool(perfect, 2)
        (none,) = task.losses({**outputs, "uv": small}).values()
        assert float(none) == pytest.approx(0, abs=1e-6)


def test_the_annealed_mean_of_one_sure_bin_is_its_centre():
    network = build_thin(vgg16_bins.SPEC)
    layer = network.get_layer(vgg16_bins.UV_LOGITS)
    kernel, bias = layer.get_weights()
    bias[[30, 50 + 20]] = 60
    layer.set_weights([0 * kernel, bias])
    lightness = np.full((1, 64, 64, 1), 0.6, np.float32)
    ab = network(lightness)
    expected = vgg16_bins.CENTRES[[30, 20]]
    found = ops.convert_to_numpy(luv_of_lab(ops.convert_to_tensor(lightness), ab))
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), atol=1e-3)
