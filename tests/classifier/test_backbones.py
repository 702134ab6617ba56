import keras
import numpy as np
import pytest
from keras import ops

from basics.errors import CheckpointError
from classifier.backbones import BACKBONES, inception_v3, resnet50, vgg19
from classifier.head import build_classifier
from classifier.initial_weights import set_norm_momentum, set_trainable
from tests.training.imagenet_like import write_weights

pytestmark = pytest.mark.full
APPLICATIONS = {
    "vgg19": keras.applications.vgg19,
    "resnet50": keras.applications.resnet50,
    "inception_v3": keras.applications.inception_v3,
}
# lite2 is lite0 with more of the same
every_kind = pytest.mark.parametrize(
    "spec",
    [one for one in BACKBONES.values() if one.name != "efficientnet_lite2"],
    ids=lambda spec: spec.name,
)
every_backbone = pytest.mark.parametrize("spec", BACKBONES.values(), ids=lambda spec: spec.name)


def top_of(features: object) -> np.ndarray:
    return features[-1] if isinstance(features, list) else np.asarray(features)


def lightness_of(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).random((2, height, width, 1), dtype=np.float32)


def test_the_paper_s_candidates_and_the_router_are_there():
    assert set(BACKBONES) == {
        *("vgg19", "resnet50", "inception_v3"),
        *("mobilenet_v2", "efficientnet_lite0", "efficientnet_lite2"),
    }


@every_backbone
def test_every_backbone_has_the_parameters_that_its_file_tells(spec):
    assert spec.build().count_params() == spec.n_params


@every_kind
def test_every_backbone_maps_luminance_of_any_size_to_finite_features(spec, tmp_path):
    encoder = spec.build()
    assert encoder.name == "encoder"
    for height, width in ((96, 128), (160, 96)):
        top = top_of(encoder.predict(lightness_of(height, width), verbose=0))
        assert top.ndim == 4
        assert len(top) == 2
        assert np.isfinite(top).all()
    encoder.save(tmp_path / "saved.keras")
    reloaded = keras.models.load_model(tmp_path / "saved.keras")
    again = top_of(reloaded.predict(lightness_of(160, 96), verbose=0))
    np.testing.assert_array_equal(again, top)


@every_kind
def test_every_backbone_takes_the_smallest_photo_that_it_declares(spec):
    top = top_of(spec.build().predict(lightness_of(spec.smallest_px, spec.smallest_px), verbose=0))
    assert top.shape[:3] == (2, 1, 1)


@every_kind
def test_fine_tuning_changes_the_declared_blocks_and_the_head_alone(spec):
    classifier = build_classifier(spec.build(), 3)
    encoder = classifier.get_layer("encoder")
    set_trainable(classifier, from_layer="")
    head_only = {weight.path for weight in classifier.trainable_weights}
    assert encoder.trainable_weights == []
    assert len(head_only) == 4  # gamma, beta; kernel, bias
    set_trainable(classifier, from_layer=spec.upper)
    tuned = {weight.path for weight in classifier.trainable_weights}
    assert head_only < tuned
    set_trainable(classifier, from_layer=None)
    every = {weight.path for weight in classifier.trainable_weights}
    assert tuned < every if spec.upper else tuned == every


def norms(network: keras.Model) -> list[keras.Layer]:
    inner = [layer for layer in network.layers if isinstance(layer, keras.Model)]
    own = [one for one in network.layers if isinstance(one, keras.layers.BatchNormalization)]
    return own + [layer for one in inner for layer in norms(one)]


def test_the_momentum_of_batch_normalization_is_set_in_every_layer():
    classifier = build_classifier(BACKBONES["resnet50"].build(), 3)
    set_norm_momentum(classifier, 0.9)
    assert {layer.momentum for layer in norms(classifier)} == {0.9}
    assert len(norms(classifier)) == 54  # 53 of the backbone, one of the head


@pytest.mark.parametrize("name", ["mobilenet_v2", "efficientnet_lite0"])
def test_folded_networks_from_scratch_pass_on_what_tells_photos_apart(name):
    keras.utils.set_random_seed(0)
    top = top_of(BACKBONES[name].build().predict(lightness_of(64, 64), verbose=0))
    pooled = top.mean(axis=(1, 2))
    assert 0.05 < pooled.std() < 20  # with Keras' own kernels 1e-12
    assert np.abs(pooled[0] - pooled[1]).max() > 0.01


@pytest.mark.parametrize("module", [vgg19, resnet50, inception_v3])
def test_the_input_preparation_is_that_of_the_imagenet_weights(module):
    lightness = lightness_of(32, 48)
    prepared = ops.convert_to_numpy(module.prepare(ops.convert_to_tensor(lightness)))
    stacked = np.repeat(255 * lightness, 3, axis=-1)  # gray, as an RGB photo of 0 to 255
    expected = APPLICATIONS[module.SPEC.name].preprocess_input(stacked.copy())
    assert prepared.shape == (2, 32, 48, 3)
    np.testing.assert_allclose(prepared, expected, atol=1e-3)


def test_the_input_preparation_leaves_the_luminance_as_it_was():
    lightness = lightness_of(32, 32)
    before = lightness.copy()
    for module in (vgg19, resnet50, inception_v3):
        module.prepare(lightness)
    np.testing.assert_array_equal(lightness, before)


def test_weights_of_a_keras_network_are_loaded_from_a_file(tmp_path):
    source = keras.applications.ResNet50(include_top=False, weights=None)
    source.save_weights(tmp_path / "mine.weights.h5")
    encoder = resnet50.build()
    resnet50.SPEC.load_weights(encoder, str(tmp_path / "mine.weights.h5"))
    for weight, other in zip(encoder.get_weights(), source.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_weights_of_mobilenet_v2_are_loaded_from_a_file(tmp_path):
    encoder = BACKBONES["mobilenet_v2"].build()
    path = write_weights(tmp_path / "weights.npz")
    BACKBONES["mobilenet_v2"].load_weights(encoder, str(path))
    with np.load(path) as stored:
        np.testing.assert_array_equal(encoder.get_weights()[0], stored["00_w"])


@pytest.mark.parametrize("name", ["gone.weights.h5", "garbage.weights.h5"])
def test_weights_that_cannot_be_read_are_an_error(tmp_path, name):
    (tmp_path / "garbage.weights.h5").write_bytes(b"garbage")
    with pytest.raises(
        CheckpointError, match=rf"cannot load the weights: (.|\n)*--weights .*{name}"
    ):
        vgg19.SPEC.load_weights(vgg19.build(), str(tmp_path / name))


def test_weights_of_another_network_are_refused(tmp_path):
    keras.applications.MobileNetV2(include_top=False, weights=None).save_weights(
        tmp_path / "other.weights.h5"
    )
    with pytest.raises(CheckpointError, match=r"cannot load the weights: (.|\n)*--weights PATH"):
        resnet50.SPEC.load_weights(resnet50.build(), str(tmp_path / "other.weights.h5"))
