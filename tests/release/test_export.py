import json
import shutil

import keras
import numpy as np
import pytest

from basics.errors import CheckpointError, ConfigError
from imaging.lab import split_lab
from pipeline.engine.bundle import UNIVERSAL
from pipeline.engine.bundle_file import read_bundle
from pipeline.engine.session import OnnxModel
from preprocessing.packing import load_packed
from release.export import export, find_router, main, write_float32
from training.checkpoints import chosen_checkpoint, load_checkpoint, save_checkpoint

ROUTER_ERROR = 0.02  # of a confidence, in int8


def test_shipped_networks_agree_with_the_trained_ones(tiny_runs, tiny_bundle, packed_photos):
    bundle = read_bundle(tiny_bundle)
    lum, _ = split_lab(load_packed(packed_photos, "beach", "test")[:1, :192])
    run_dir = tiny_runs / "colorizers" / "shared_encoder" / "beach"
    trained = keras.models.load_model(chosen_checkpoint(run_dir)).predict(lum, verbose=0)
    _, *features = OnnxModel(tiny_bundle, bundle.router)([lum])
    file = bundle.find_colorizer("shared_encoder", "beach")
    (shipped,) = OnnxModel(tiny_bundle, file)(features)
    np.testing.assert_allclose(shipped, trained, atol=0.05)  # int8


def test_the_router_classifies_as_the_trained_classifier(tiny_runs, tiny_bundle, packed_photos):
    lum, _ = split_lab(load_packed(packed_photos, "fruit", "test")[:1])
    run_dir = tiny_runs / "classifier" / "mobilenet_v2"
    trained = keras.models.load_model(chosen_checkpoint(run_dir)).predict(lum, verbose=0)
    confidences, *_ = OnnxModel(tiny_bundle, read_bundle(tiny_bundle).router)([lum])
    np.testing.assert_allclose(confidences, trained, atol=ROUTER_ERROR)


def test_bundle_json_tells_how_each_network_was_trained(tiny_bundle):
    content = json.loads((tiny_bundle / "bundle.json").read_text())
    assert content["format"] == 2
    assert content["categories"] == ["beach", "forest", "fruit"]
    files = [content["router"], *(f for fs in content["colorizers"].values() for f in fs)]
    for file in files:
        message = {"photos", "start", "batch_size", "seed", "versions", "checkpoint"}
        assert message | {"checkpoint_sha256"} <= set(file["training"])
        assert file["validation"]


def test_only_the_chosen_precision_is_left(tiny_bundle):
    bundle = read_bundle(tiny_bundle)
    listed = {file.file for table in bundle.colorizers.values() for file in table.values()}
    found = {path.relative_to(tiny_bundle).as_posix() for path in tiny_bundle.rglob("*.onnx")}
    assert found == listed | {bundle.router.file}


def test_training_goes_on_from_the_bundle(tiny_bundle, packed_photos, tmp_path):
    from colorizers.config import ColorizerConfig
    from colorizers.train import train

    config = ColorizerConfig(
        category="fruit",
        packed_dir=packed_photos,
        run_dir=tmp_path / "fruit",
        architecture="shared_encoder",
        init=tiny_bundle / "training" / "shared_encoder_universal.npz",
        encoder=tiny_bundle / "training" / "router.npz",
        epochs=1,
        steps_per_epoch=1,
        batch_size=2,
        size=64,
    )
    assert train(config).is_file()


@pytest.fixture
def copied_runs(tiny_runs, tmp_path):
    """Run folders that a test may break."""
    return shutil.copytree(tiny_runs, tmp_path / "runs")


def test_a_decoder_of_another_encoder_is_refused(copied_runs, packed_photos, tmp_path):
    path = copied_runs / "colorizers" / "shared_encoder" / "beach" / "epoch_0001.keras"
    network = load_checkpoint(path)
    bias = network.get_layer("encoder").weights[1]
    bias.assign(bias + 1)
    save_checkpoint(network, path)
    with pytest.raises(CheckpointError, match="trained on another encoder"):
        export(copied_runs, tmp_path / "bundle", packed_photos)


def test_a_category_that_its_own_training_has_not_helped_has_no_network(copied_runs, tmp_path):
    colorizers = copied_runs / "colorizers" / "shared_encoder"
    universal, beach = (chosen_checkpoint(colorizers / one) for one in (UNIVERSAL, "beach"))
    shutil.copy2(universal, beach)
    bundle = write_float32(copied_runs, tmp_path)
    assert set(bundle.colorizers["shared_encoder"]) == {UNIVERSAL}
    assert bundle.find_colorizer("shared_encoder", "beach").category == UNIVERSAL
    assert not list(tmp_path.glob("shared_encoder/beach*"))


def test_a_missing_universal_colorizer_says_how_to_train_it(copied_runs, packed_photos, tmp_path):
    shutil.rmtree(copied_runs / "colorizers" / "shared_encoder" / "universal")
    with pytest.raises(CheckpointError, match="no universal colorizer of 'shared_encoder'"):
        export(copied_runs, tmp_path / "bundle", packed_photos)
    assert not (tmp_path / "bundle").exists()


def test_an_export_that_fails_keeps_the_old_bundle(copied_runs, packed_photos, tmp_path):
    bundle_dir = tmp_path / "bundle"
    bundle_dir.mkdir()
    (bundle_dir / "bundle.json").write_text("old")
    shutil.rmtree(copied_runs / "classifier")
    with pytest.raises(CheckpointError, match="no checkpoint"):
        export(copied_runs, bundle_dir, packed_photos)
    assert (bundle_dir / "bundle.json").read_text() == "old"


@pytest.fixture
def later_runs(copied_runs):
    """Runs of the router and of `shared_encoder`; those of `encoder_decoder` are gone."""
    shutil.rmtree(copied_runs / "colorizers" / "encoder_decoder")
    return copied_runs


def test_networks_without_runs_are_kept_byte_for_byte(
    later_runs, tiny_bundle, packed_photos, tmp_path
):
    bundle_dir = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    arguments = [later_runs, bundle_dir, "--packed-dir", packed_photos, "--keep", "encoder_decoder"]
    assert main([str(one) for one in arguments]) == 0
    old, new = read_bundle(tiny_bundle), read_bundle(bundle_dir)
    assert new.colorizers["encoder_decoder"] == old.colorizers["encoder_decoder"]
    assert new.find_initial("encoder_decoder", "universal") in old.training
    kept = [file.file for file in old.entries if file.architecture == "encoder_decoder"]
    assert len(kept) == 2
    for name in kept:
        assert (bundle_dir / name).read_bytes() == (tiny_bundle / name).read_bytes()


def test_what_has_runs_or_is_unknown_cannot_be_kept(
    tiny_runs, later_runs, tiny_bundle, packed_photos, tmp_path
):
    bundle_dir = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    with pytest.raises(ConfigError, match="there are runs of 'encoder_decoder', too"):
        export(tiny_runs, bundle_dir, packed_photos, ["encoder_decoder"])
    with pytest.raises(ConfigError, match="'unet'"):
        export(later_runs, bundle_dir, packed_photos, ["unet"])
    assert read_bundle(bundle_dir).entries == read_bundle(tiny_bundle).entries


def test_a_kept_network_must_fit_the_router(copied_runs, tiny_bundle, packed_photos, tmp_path):
    bundle_dir = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    shutil.rmtree(copied_runs / "colorizers" / "shared_encoder")
    path = bundle_dir / "bundle.json"
    encoder = read_bundle(bundle_dir).encoder_sha256
    path.write_text(path.read_text().replace(encoder, "0" * 64))
    with pytest.raises(CheckpointError, match="another encoder"):
        export(copied_runs, bundle_dir, packed_photos, ["shared_encoder"])


def test_the_router_is_the_one_classifier_on_a_shared_encoder(tmp_path):
    folder = tmp_path / "classifier"
    assert find_router(tmp_path) == folder / "mobilenet_v2"  # where an error then looks
    for name in ("vgg19", "efficientnet_lite2", "mobilenet_v2"):
        (folder / name).mkdir(parents=True)
    for name in ("vgg19", "efficientnet_lite2"):
        (folder / name / "config.json").touch()
    assert find_router(tmp_path) == folder / "efficientnet_lite2"
    (folder / "mobilenet_v2" / "config.json").touch()
    with pytest.raises(ConfigError, match="several routers: mobilenet_v2, efficientnet_lite2"):
        find_router(tmp_path)
