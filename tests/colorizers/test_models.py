from collections.abc import Iterator

import keras
import numpy as np
import pytest

from basics.errors import ConfigError
from colorizers.color_classes import LOGITS, class_colours
from colorizers.models import (
    ARCHITECTURES,
    attention_encoder,
    class_encoder,
    encoder_decoder,
    film_encoder,
    shared_encoder,
    wide_encoder,
)
from colorizers.tasks.regression import with_inner
from colorizers.told import count_told
from tests.thin import build_thin
from training.encoders.table import ENCODERS

FIG_3 = (  # layer type, output shape for a photo of 256 x 256, parameters: as printed
    ("Conv2D", (256, 256, 64), 640),
    ("Conv2D", (128, 128, 64), 36_928),
    ("Conv2D", (128, 128, 128), 73_856),
    ("Conv2D", (64, 64, 128), 147_584),
    ("Conv2D", (64, 64, 256), 295_168),
    ("Conv2D", (32, 32, 256), 590_080),
    ("Conv2D", (32, 32, 512), 1_180_160),
    ("Conv2D", (32, 32, 256), 1_179_904),
    ("Conv2D", (32, 32, 128), 295_040),
    ("UpSampling2D", (64, 64, 128), 0),
    ("Conv2D", (64, 64, 64), 73_792),
    ("UpSampling2D", (128, 128, 64), 0),
    ("Conv2D", (128, 128, 32), 18_464),
    ("Conv2D", (128, 128, 2), 578),
    ("UpSampling2D", (256, 256, 2), 0),
)

every_architecture = pytest.mark.parametrize(
    "spec", ARCHITECTURES.values(), ids=lambda spec: spec.name
)


@pytest.fixture
def bfloat16() -> Iterator[None]:
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


def lightness_of(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).random((2, height, width, 1), dtype=np.float32)


def colour(network: keras.Model, lightness: np.ndarray) -> np.ndarray:
    """Without `predict`, whose graph Keras' bilinear upsampling breaks at the second size."""
    return keras.ops.convert_to_numpy(network(given(network, lightness), training=False))


def given(network: keras.Model, lightness: np.ndarray) -> np.ndarray | list[np.ndarray]:
    """What a network takes: one that is told the category is told the first one of all photos."""
    n_categories = count_told(network)
    if n_categories is None:
        return lightness
    return [lightness, np.eye(n_categories, dtype=np.float32)[[0] * len(lightness)]]


def randomized(network: keras.Model) -> keras.Model:
    """Random weights wherever a network starts from zero, so that its output says something."""
    rng = np.random.default_rng(0)
    for weight in network.trainable_weights:
        if not np.asarray(keras.ops.convert_to_numpy(weight)).any():
            weight.assign(rng.normal(0, 0.05, weight.shape))
    return network


@every_architecture
def test_a_thin_network_has_few_parameters_and_colours_the_same_sizes(spec):
    network = build_thin(spec)
    assert network.count_params() < spec.n_params / 50
    assert colour(network, lightness_of(64, 96)).shape == (2, 64, 96, 2)


def test_every_row_of_fig_3():
    network = encoder_decoder.build()
    rows = []
    lightness = keras.ops.zeros((1, 256, 256, 1))
    for layer in network.layers[1:]:
        lightness = layer(lightness)
        rows.append((type(layer).__name__, tuple(lightness.shape[1:]), layer.count_params()))
    assert rows == list(FIG_3)
    assert network.count_params() == 3_892_194 == encoder_decoder.SPEC.n_params
    assert len(network.non_trainable_weights) == 0


def test_the_network_of_fig_3_uses_strides_and_no_pooling():
    convolutions = [
        layer for layer in encoder_decoder.build().layers if isinstance(layer, keras.layers.Conv2D)
    ]
    assert [layer.strides[0] for layer in convolutions] == [1, 2, 1, 2, 1, 2] + 6 * [1]
    assert {layer.kernel_size for layer in convolutions} == {(3, 3)}


@every_architecture
def test_every_colorizer_has_the_parameters_that_its_file_tells(spec):
    assert spec.build().count_params() == spec.n_params


@every_architecture
def test_every_colorizer_maps_any_lightness_to_finite_chrominance(spec, tmp_path):
    network = randomized(build_thin(spec))
    stride = spec.stride
    for height, width in ((stride, stride), (2 * stride, 3 * stride), (5 * stride, 2 * stride)):
        ab = colour(network, lightness_of(height, width))
        assert ab.shape == (2, height, width, 2)
        assert ab.dtype == np.float32
        assert np.isfinite(ab).all()
        assert ab.any()
    network.save(tmp_path / "saved.keras")
    reloaded = keras.models.load_model(tmp_path / "saved.keras")
    again = colour(reloaded, lightness_of(5 * stride, 2 * stride))
    np.testing.assert_array_equal(again, ab)


@every_architecture
@pytest.mark.usefixtures("bfloat16")
def test_every_colorizer_gives_float32_under_bfloat16(spec):
    network = build_thin(spec)
    ab = network.predict(given(network, lightness_of(32, 32)), verbose=0)
    assert ab.dtype == np.float32
    assert np.isfinite(ab).all()


def test_the_network_of_fig_3_is_bounded():
    ab = encoder_decoder.build().predict(1e6 * lightness_of(32, 32), verbose=0)
    assert np.abs(ab).max() <= 1


def test_the_shared_encoder_does_not_learn_and_its_decoder_does():
    network = shared_encoder.build()
    assert network.get_layer("encoder").trainable_weights == []
    decoder = network.get_layer("decoder")
    trainable = {weight.path for weight in network.trainable_weights}
    assert trainable == {weight.path for weight in decoder.trainable_weights}
    assert len(trainable) == 17  # 5 x (kernel, gamma, beta), then kernel and bias


def test_a_decoder_can_be_built_on_any_encoder():
    for backbone in ENCODERS:
        network = build_thin(wide_encoder.SPEC, backbone=backbone)
        assert colour(network, lightness_of(32, 64)).shape == (2, 32, 64, 2)
    with pytest.raises(ConfigError, match=r"unknown backbone 'lite2'"):
        build_thin(wide_encoder.SPEC, backbone="lite2")


def test_attention_leaves_what_it_looks_at_until_it_has_learnt():
    x = keras.random.normal((1, 2, 3, 8), seed=0)
    given = keras.Input((None, None, 8))
    attention = keras.Model(given, attention_encoder.attend(given))
    np.testing.assert_array_equal(attention(x), x)
    far = keras.ops.concatenate([-x[:, :, :1], x[:, :, 1:]], axis=2)
    here, there = (np.asarray(randomized(attention)(one))[0, 0, 2] for one in (x, far))
    assert np.abs(here - there).max() > 1e-4  # a place is told of another one


def test_a_new_shared_decoder_starts_from_gray():
    ab = shared_encoder.build().predict(lightness_of(64, 32), verbose=0)
    np.testing.assert_array_equal(ab, np.zeros((2, 64, 32, 2)))


def test_a_decoder_alone_maps_the_encoder_s_features_to_the_same_chrominance():
    network = randomized(shared_encoder.build())
    encoder, decoder = network.get_layer("encoder"), network.get_layer("decoder")
    lightness = lightness_of(64, 96)
    features = encoder.predict(lightness, verbose=0)
    np.testing.assert_allclose(
        decoder.predict(features, verbose=0), network.predict(lightness, verbose=0), atol=1e-6
    )


def test_a_confident_class_gives_its_own_colour_and_no_knowledge_gives_gray():
    network = class_encoder.build()
    logits = with_inner(network, LOGITS)(lightness_of(64, 32))[LOGITS]
    assert logits.shape == (2, 32, 16, 225)
    layer = network.get_layer("decoder").get_layer(LOGITS)
    kernel, bias = layer.get_weights()
    layer.set_weights([0 * kernel, 0 * bias])
    np.testing.assert_allclose(colour(network, lightness_of(64, 32)), 0, atol=1e-6)
    bias[100] = 50
    layer.set_weights([0 * kernel, bias])
    expected = np.broadcast_to(class_colours()[100], (2, 64, 32, 2))
    np.testing.assert_allclose(colour(network, lightness_of(64, 32)), expected, atol=1e-6)


def test_the_colours_of_the_classes_are_not_learnt():
    trained = {weight.path for weight in class_encoder.build().trainable_weights}
    assert trained
    assert not [path for path in trained if path.endswith("mean/kernel")]


TOLD = (((1, 2), (0.1, 0.2)), ((4, 5), (0.4, 0.5)), (0, 0))  # scales less 1, shifts


def test_film_scales_and_shifts_each_channel_by_a_category_and_leaves_all_untold():
    x, category = keras.Input((None, None, 2)), keras.Input((3,))
    network = keras.Model([x, category], film_encoder.Film(category)(x))
    scale, shift = (network.get_layer(f"film_{one}_1").kernel for one in ("scale", "shift"))
    given = np.random.default_rng(0).random((1, 2, 3, 2), dtype=np.float32)
    rows = np.array([[[1, 0, 0]], [[0, 0.5, 0.5]], [[0, 0, 0]]], np.float32)
    for row in rows:
        np.testing.assert_array_equal(network([given, row]), given)  # zero at first
    scale.assign([[1, 2], [3, 4], [5, 6]])
    shift.assign([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
    for row, (g, b) in zip(rows, TOLD, strict=True):
        expected = given * (1 + np.array(g)) + np.array(b)
        np.testing.assert_allclose(network([given, row]), expected, rtol=1e-5)
