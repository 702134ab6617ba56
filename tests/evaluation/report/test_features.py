import numpy as np
import pytest

from basics.errors import CheckpointError
from evaluation.report.features import PooledFeatures
from training.encoders.efficientnet_lite import STAGES, build_encoder
from training.encoders.mobilenet_v2 import convolutions_of

THIN = {"variant": "lite0", "width": 1 / 8}


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    """A judge of random weights, an eighth as wide."""
    path = tmp_path_factory.mktemp("weights") / "lite0.npz"
    encoder, rng = build_encoder(1 / 8, variant="lite0"), np.random.default_rng(0)
    arrays = {}
    for i, layer in enumerate(convolutions_of(encoder)):
        for key, value in zip("wb", layer.get_weights(), strict=True):
            arrays[f"{i:02d}_{key}"] = rng.normal(0, 0.3, value.shape).astype(np.float32)
    np.savez(path, **arrays)
    return PooledFeatures(path, **THIN)


def test_a_photo_has_the_mean_of_every_map(judge):
    rgb = np.random.default_rng(0).integers(0, 256, (2, 64, 96, 3), np.uint8)
    features = judge(rgb)
    assert [one.shape for one in features] == [(2, s[-1]) for s in judge.encoder.output_shape]
    assert all(np.isfinite(one).all() for one in features)
    assert len(judge.encoder.output_shape) == 1 + sum(stride == 2 for *_, stride, _ in STAGES)


def test_colours_are_seen(judge):
    rgb = np.full((2, 64, 64, 3), 128, np.uint8)
    rgb[1, ..., 2] = 20
    features = judge(rgb)
    assert np.abs(features[-1][0] - features[-1][1]).max() > 1e-3


def test_weights_that_are_not_there_are_told(tmp_path):
    with pytest.raises(CheckpointError, match=r"no such weights\n.*gone.npz"):
        PooledFeatures(tmp_path / "gone.npz", **THIN)
