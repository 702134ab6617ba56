"""What training goes on from: compact where that loses nothing of the encoder, else as before."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from basics.errors import CheckpointError, ConfigError
from classifier.head import build_classifier
from classifier.initial_weights import load_initial_weights
from colorizers.config import ColorizerConfig
from colorizers.initial_weights import build_network, encoder_sha256
from colorizers.models import ARCHITECTURES
from pipeline.engine.bundle import ROUTER, UNIVERSAL
from pipeline.engine.bundle_file import read_bundle
from release.starting_weights import encoder_of, open_start, write_start
from tests.thin import build_thin_encoder
from training.compact import halve, is_compact
from training.encoders import ENCODER

CATEGORIES = ["beach", "forest", "fruit"]


@pytest.fixture(scope="module")
def bundle(tiny_bundle):
    return read_bundle(tiny_bundle)


def router_of(bundle):
    return bundle.find_initial(bundle.router.architecture, ROUTER)


def test_all_starts_are_compact_and_the_encoder_is_in_the_routers_alone(bundle):
    assert all(is_compact(bundle.folder / one.file) for one in bundle.training)
    sizes = {one.file: (bundle.folder / one.file).stat().st_size for one in bundle.training}
    shared = bundle.find_initial("shared_encoder", UNIVERSAL)
    assert encoder_of(bundle, shared) == bundle.folder / router_of(bundle).file
    assert encoder_of(bundle, bundle.find_initial("encoder_decoder", UNIVERSAL)) is None
    network = open_start(bundle, shared)
    assert sizes[shared.file] < 2.2 * network.count_params()
    assert encoder_sha256(network) == bundle.encoder_sha256
    assert encoder_sha256(open_start(bundle, router_of(bundle))) == bundle.encoder_sha256
    assert (
        open_start(bundle, bundle.find_initial("encoder_decoder", UNIVERSAL)).output_shape[-1] == 2
    )


@pytest.mark.parametrize("halved", [True, False])
def test_an_encoder_that_halves_would_change_is_written_as_it_is(bundle, tmp_path, halved):
    keras.utils.set_random_seed(0)
    network = build_classifier(build_thin_encoder(), 3)
    encoder = network.get_layer(ENCODER)
    for weight in encoder.weights:
        weight.assign(keras.random.normal(weight.shape, seed=1))
    if halved:
        halve(encoder)
    facts = {"backbone": "mobilenet_v2", "categories": CATEGORIES}
    start = write_start(network, facts, tmp_path, "router", bundle.router)
    assert Path(start.file).suffix == (".npz" if halved else ".keras")
    other = replace(bundle, folder=tmp_path, training=[start])
    again = open_start(other, start)
    assert encoder_sha256(again) == encoder_sha256(network)
    for one, given in zip(again.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_allclose(one, given, rtol=2**-10, atol=1e-7)
    decoder = replace(start, category=UNIVERSAL, encoder_sha256="0" * 64)
    assert encoder_of(other, decoder) == (tmp_path / start.file if halved else None)


def test_a_classifier_takes_encoder_and_head_of_compact_weights(bundle):
    start = router_of(bundle)
    source, path = open_start(bundle, start), bundle.folder / start.file
    network = build_classifier(build_thin_encoder(), 2)
    load_initial_weights(network, path, ["fruit", "castle"], CATEGORIES)
    for one, given in zip(
        network.get_layer(ENCODER).get_weights(),
        source.get_layer(ENCODER).get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(one, given)
    kernel, known = (one.layers[-1].get_weights()[0] for one in (network, source))
    np.testing.assert_array_equal(kernel[:, 0], known[:, 2])
    with pytest.raises(CheckpointError, match="not a classifier of 2 categories, but of 3"):
        load_initial_weights(network, path, ["fruit"], CATEGORIES[:2])


def test_a_decoder_says_that_it_needs_the_encoder_too(bundle, packed_photos, tmp_path):
    start = bundle.find_initial("shared_encoder", UNIVERSAL)
    config = ColorizerConfig(
        category="beach", packed_dir=packed_photos, run_dir=tmp_path,
        architecture="shared_encoder", init=bundle.folder / start.file,
    )  # fmt: skip
    with pytest.raises(ConfigError, match="needs the router's encoder"):
        build_network(ARCHITECTURES["shared_encoder"], config)
    wrong = replace(config, encoder=bundle.folder / start.file)
    with pytest.raises(CheckpointError, match="no weights of the encoder"):
        build_network(ARCHITECTURES["shared_encoder"], wrong)
