import keras
import numpy as np
import pytest

from basics.errors import CheckpointError
from tests.training.imagenet_like import convolutions, random_arrays
from training.encoders.efficientnet_lite import SCALING, build_encoder, load_encoder_weights

TORCHS_PARAMETERS = {"lite0": 4_652_008, "lite1": 5_416_680, "lite2": 6_092_072}  # of the packages
HEAD = 1281 * 1000  # of them, which the encoder lacks


@pytest.fixture(scope="module")
def encoder() -> keras.Model:
    return build_encoder()


@pytest.mark.parametrize(
    ("variant", "widths"), [("lite0", (16, 24, 40, 112)), ("lite2", (16, 24, 48, 120))]
)
def test_the_five_feature_maps_have_the_stated_shapes(variant, widths):
    encoder = build_encoder(variant=variant)
    features = encoder.predict(np.zeros((2, 64, 96, 1), np.float32), verbose=0)
    assert [feature.shape for feature in features] == [
        *(
            (2, 64 // stride, 96 // stride, n)
            for stride, n in zip((2, 4, 8, 16), widths, strict=True)
        ),
        (2, 2, 3, 1280),
    ]


@pytest.mark.parametrize("variant", SCALING)
def test_it_has_the_parameters_of_the_published_network(variant):
    encoder = build_encoder(variant=variant)
    # there each convolution is followed by a scale and a shift, here it has a bias
    scales = sum(layer.bias.shape[0] for layer in convolutions(encoder))
    assert encoder.count_params() + scales + HEAD == TORCHS_PARAMETERS[variant]


def test_black_and_white_reach_the_first_convolution_in_the_range_of_imagenet(encoder):
    rescaling = next(one for one in encoder.layers if isinstance(one, keras.layers.Rescaling))
    ends = np.array([[[[0.0], [1.0]]]], np.float32)
    np.testing.assert_allclose(np.asarray(rescaling(ends)).ravel(), [-127 / 128, 1.0], atol=1e-6)


def test_weights_from_a_file_are_loaded_in_network_order(encoder, tmp_path):
    arrays = random_arrays(encoder=encoder)
    np.savez(tmp_path / "weights.npz", **arrays)
    load_encoder_weights(encoder, tmp_path / "weights.npz")
    for number, layer in enumerate(convolutions(encoder)):
        kernel, bias = layer.get_weights()
        np.testing.assert_array_equal(kernel, arrays[f"{number:02d}_w"])
        np.testing.assert_array_equal(bias, arrays[f"{number:02d}_b"])


def test_the_weights_of_another_variant_are_refused(encoder, tmp_path):
    np.savez(tmp_path / "lite2.npz", **random_arrays(encoder=build_encoder(variant="lite2")))
    with pytest.raises(CheckpointError, match=r"not .*\n.*lite2.npz\n.*EfficientNet-Lite0"):
        load_encoder_weights(encoder, tmp_path / "lite2.npz")


def test_a_file_that_is_not_there_is_an_error(encoder, tmp_path):
    with pytest.raises(CheckpointError, match=r"no such weights\n.*gone.npz"):
        load_encoder_weights(encoder, tmp_path / "gone.npz")


def test_a_narrow_and_shallow_one_has_a_block_per_stage():
    small = build_encoder(0.25, 1, variant="lite2")
    assert len(convolutions(small)) == 2 + 2 + 3 * 6  # stem and top, the first stage, the others
    assert small.output_shape[-1] == (None, None, None, 320)


def test_a_gray_picture_has_the_features_of_its_lightness(tmp_path):
    lightness = np.random.default_rng(0).random((1, 32, 32, 1), np.float32)
    thin = {"width": 1 / 8, "depth": 1}
    of_lightness, of_rgb = build_encoder(**thin), build_encoder(**thin, channels=3)
    of_rgb.set_weights(of_lightness.get_weights())
    for one, other in zip(of_lightness(lightness), of_rgb(lightness.repeat(3, -1)), strict=True):
        np.testing.assert_array_equal(one, other)
