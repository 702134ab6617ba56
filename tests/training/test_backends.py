"""The same few steps on TensorFlow, JAX and PyTorch: the same losses, from the same weights.

Each backend has a process of its own, for Keras chooses one when it is imported. Only dropout
cannot be the same, since each backend draws its own numbers: the classifier's drops so rarely here
that it never does.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from classifier.head import build_classifier
from colorizers.models import encoder_decoder, shared_encoder
from tests.thin import DEPTH, WIDTH, build_thin_encoder
from tests.training.adversary import JUDGE, TERMS, build_parts
from tests.training.conftest import build_small_network
from tests.training.imagenet_like import write_weights
from tests.training.short_runs import (
    ADVERSARY,
    ASTRAY,
    CLASSIFIER,
    COLORIZERS,
    EPOCHS,
    LOWER,
    RESUMED,
)
from training.checkpoints import EPOCH_NAME, load_parts, save_checkpoint
from training.encoders.mobilenet_v2 import load_encoder_weights
from training.task import NETWORK

OTHERS = ("jax", "torch")
BACKENDS = ("tensorflow", *OTHERS)
QUICKLY = {  # JAX compiles a step for longer than it runs here
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    "XLA_FLAGS": "--xla_backend_optimization_level=0",
}
RARE = 1e-9  # fraction of features that dropout drops
PROJECT_DIR = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def starts(tmp_path_factory) -> Path:
    """A run folder per network, with its weights as epoch 0."""
    folder = tmp_path_factory.mktemp("starts")
    weights = str(write_weights(folder / "weights.npz", encoder=build_thin_encoder()))
    networks = {
        "small": build_small_network(),
        "encoder_decoder": encoder_decoder.build(WIDTH),
        "shared_encoder": shared_encoder.build(WIDTH, DEPTH),
        CLASSIFIER: build_classifier(build_thin_encoder(), 3),
    }
    for name in ("shared_encoder", CLASSIFIER):
        load_encoder_weights(networks[name].get_layer("encoder"), weights)
    for layer in networks[CLASSIFIER].layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = RARE
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    networks[LOWER] = encoder_decoder.build(WIDTH)
    keras.config.set_dtype_policy(before)
    for name, network in networks.items():
        save_checkpoint(network, folder / name / EPOCH_NAME.format(0))
    return folder


@pytest.fixture(scope="module")
def runs(starts, packed_photos, tmp_path_factory) -> dict[str, Path]:
    """Per backend a folder with its runs."""
    folders = {}
    for backend in BACKENDS:
        folders[backend] = tmp_path_factory.mktemp(backend) / "runs"
        shutil.copytree(starts, folders[backend])
        places = [str(packed_photos), str(folders[backend])]
        done = subprocess.run(
            [sys.executable, "-m", "tests.training.short_runs", *places],
            env={**os.environ, **QUICKLY, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
            cwd=PROJECT_DIR,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    return folders


def losses(run_dir: Path) -> np.ndarray:
    """(epochs, 2): of the step, before its update, and on validation, after it."""
    with (run_dir / "history.csv").open(newline="") as file:
        rows = [[float(row[name]) for name in ("loss", "val_loss")] for row in csv.DictReader(file)]
    assert len(rows) == EPOCHS
    return np.array(rows)


@pytest.mark.parametrize("backend", OTHERS)
@pytest.mark.parametrize("name", [*COLORIZERS, CLASSIFIER])
def test_every_backend_comes_to_the_same_losses(runs, name, backend):
    ours, reference = losses(runs[backend] / name), losses(runs["tensorflow"] / name)
    # history.csv has six digits; sums are only added up in another order
    np.testing.assert_allclose(ours[0, 0], reference[0, 0], rtol=2e-5)
    # Adam divides by the gradient's size: where that is next to nothing, rounding chooses the way
    np.testing.assert_allclose(ours, reference, rtol=1e-3)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", COLORIZERS)
def test_every_backend_learns(runs, name, backend):
    on_validation = losses(runs[backend] / name)[:, 1]
    assert (np.diff(on_validation) < -1e-3 * on_validation[0]).all()


@pytest.mark.parametrize("backend", OTHERS)
def test_every_backend_comes_to_the_same_losses_in_bfloat16(runs, backend):
    ours, reference = losses(runs[backend] / LOWER), losses(runs["tensorflow"] / LOWER)
    np.testing.assert_allclose(ours, reference, rtol=2**-8)  # bfloat16 rounds to 8 bits


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("term", "moved"), [*zip(TERMS, (NETWORK, JUDGE), strict=True)])
def test_each_term_of_an_adversarial_loss_moves_its_own_network_alone(runs, backend, term, moved):
    last = load_parts(runs[backend] / term / "epoch_0003.keras")
    for name, part in build_parts().items():
        pairs = zip(part.get_weights(), last[name].get_weights(), strict=True)
        assert all(np.array_equal(*pair) for pair in pairs) is (name != moved)


@pytest.mark.parametrize("backend", OTHERS)
def test_every_backend_trains_two_networks_alike(runs, backend):
    ours, reference = (
        load_parts(runs[one] / ADVERSARY / "epoch_0003.keras") for one in (backend, "tensorflow")
    )
    for name in (NETWORK, JUDGE):
        for weight, other in zip(
            ours[name].get_weights(), reference[name].get_weights(), strict=True
        ):
            np.testing.assert_allclose(weight, other, atol=1e-4)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_resumed_run_equals_an_unbroken_one_on_every_backend(runs, backend):
    resumed, unbroken = losses(runs[backend] / RESUMED), losses(runs[backend] / "small")
    np.testing.assert_allclose(resumed, unbroken, rtol=2e-5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_loss_that_is_not_finite_ends_a_run_on_every_backend(runs, backend):
    run_dir = runs[backend] / f"{LOWER}-{ASTRAY}"
    told = (run_dir / "error.txt").read_text()
    assert told.startswith("the loss is not finite in epoch ")
    saved = sorted(run_dir.glob("*.keras"))
    assert f"the last good state is {saved[-1].name}" in told
    for path in saved:
        assert all(np.isfinite(one).all() for one in load_parts(path)[NETWORK].get_weights())


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_says_on_which_backend_it_was(runs, backend):
    versions = json.loads((runs[backend] / "small" / "versions.json").read_text())
    assert versions["backend"] == backend
