import re
from typing import Any

import keras
import numpy as np
import pytest

from basics.errors import CheckpointError
from tests.training.imagenet_like import convolutions, random_arrays
from training.encoders.mobilenet_v2 import (
    build_encoder,
    fold_batch_normalization,
    load_encoder_weights,
)


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    return random_arrays()


@pytest.fixture(scope="module")
def encoder() -> keras.Model:
    return build_encoder()


def numbered(convolutions: list) -> dict[str, Any]:
    """Kernels and biases under the names of the .npz file."""
    named: dict[str, Any] = {}
    for number, (kernel, bias) in enumerate(convolutions):
        named |= {f"{number:02d}_w": kernel, f"{number:02d}_b": bias}
    return named


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 96), (256, 192)])
def test_the_five_feature_maps_have_the_stated_shapes(encoder, height, width):
    features = encoder.predict(np.zeros((2, height, width, 1), np.float32), verbose=0)
    assert [feature.shape for feature in features] == [
        (2, height // 2, width // 2, 16),
        (2, height // 4, width // 4, 24),
        (2, height // 8, width // 8, 32),
        (2, height // 16, width // 16, 96),
        (2, height // 32, width // 32, 1280),
    ]


def test_the_widths_of_the_convolutions_are_those_of_table_2(encoder):
    stages = [(1, 32, 16, 1), (6, 16, 24, 2), (6, 24, 32, 3), (6, 32, 64, 4)]  # t, c_in, c, n
    stages += [(6, 64, 96, 3), (6, 96, 160, 3), (6, 160, 320, 1)]
    expected = [(3, 3, 3, 32)]
    for expansion, before, filters, blocks in stages:
        for _ in range(blocks):
            wide = expansion * before
            expand = [(1, 1, before, wide)] if expansion > 1 else []
            expected += [*expand, (3, 3, wide, 1), (1, 1, wide, filters)]
            before = filters
    expected.append((1, 1, 320, 1280))
    assert [tuple(layer.kernel.shape) for layer in convolutions(encoder)] == expected


def test_weights_from_a_file_are_loaded_in_network_order(encoder, arrays, tmp_path):
    np.savez(tmp_path / "weights.npz", **arrays)
    load_encoder_weights(encoder, str(tmp_path / "weights.npz"))
    for number, layer in enumerate(convolutions(encoder)):
        kernel, bias = layer.get_weights()
        np.testing.assert_array_equal(kernel, arrays[f"{number:02d}_w"])
        np.testing.assert_array_equal(bias, arrays[f"{number:02d}_b"])


def test_a_file_that_is_not_there_is_an_error_that_offers_the_choices(encoder, tmp_path):
    with pytest.raises(CheckpointError, match=r"no such weights\n.*gone.npz\n.*`imagenet`, `none`"):
        load_encoder_weights(encoder, str(tmp_path / "gone.npz"))


@pytest.mark.parametrize(
    ("key", "shape", "message"),
    [
        ("00_w", (3, 3, 1, 32), "kernel of .* is (3, 3, 1, 32), not (3, 3, 3, 32)"),
        ("51_w", (1, 1, 320, 640), "kernel of .* is (1, 1, 320, 640), not (1, 1, 320, 1280)"),
        ("01_b", (64,), "bias of .* is (64,), not (32,)"),
    ],
)
def test_weights_of_another_shape_are_refused(encoder, arrays, tmp_path, key, shape, message):
    np.savez(tmp_path / "weights.npz", **{**arrays, key: np.zeros(shape, np.float32)})
    pattern = re.escape(message).replace(r"\.\*", ".*") + "\n.*weights.npz\n.*MobileNetV2 1.0"
    with pytest.raises(CheckpointError, match=pattern):
        load_encoder_weights(encoder, str(tmp_path / "weights.npz"))


@pytest.mark.parametrize("missing", ["00_w", "17_b", "51_w"])
def test_a_file_without_an_array_is_refused(encoder, arrays, tmp_path, missing):
    some = {key: array for key, array in arrays.items() if key != missing}
    np.savez(tmp_path / "weights.npz", **some)
    with pytest.raises(CheckpointError, match=f"cannot read the weights: .*{missing}"):
        load_encoder_weights(encoder, str(tmp_path / "weights.npz"))


def test_a_file_of_another_kind_is_refused(encoder, tmp_path):
    np.save(tmp_path / "weights.npy", np.zeros(3))
    with pytest.raises(CheckpointError, match=r"cannot read the weights: .*zip(.|\n)*as .npz"):
        load_encoder_weights(encoder, str(tmp_path / "weights.npy"))


def test_folding_batch_normalization_changes_no_output(encoder, tmp_path):
    original = keras.applications.MobileNetV2((64, 96, 3), include_top=False, weights=None)
    rng = np.random.default_rng(0)
    for layer in original.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            n = layer.gamma.shape[0]
            gamma, variance = rng.uniform(0.5, 1.5, n), rng.uniform(0.5, 1.5, n)
            layer.set_weights([gamma, rng.normal(0, 0.5, n), rng.normal(0, 0.5, n), variance])
    np.savez(tmp_path / "folded.npz", **numbered(fold_batch_normalization(original)))
    load_encoder_weights(encoder, str(tmp_path / "folded.npz"))
    lum = rng.random((2, 64, 96, 1), dtype=np.float32)
    expected = original.predict(np.repeat(2 * lum - 1, 3, axis=-1), verbose=0)
    top = encoder.predict(lum, verbose=0)[-1]
    assert expected.std() > 0.1  # the random network says something
    np.testing.assert_allclose(top, expected, atol=1e-4)
