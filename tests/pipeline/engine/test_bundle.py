import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from basics.errors import CheckpointError, ConfigError
from pipeline import Colorizer
from pipeline.engine.bundle_file import FORMAT, read_bundle
from pipeline.engine.session import OnnxModel
from preprocessing.categories import CATEGORIES

MB = 1e6


def test_the_shipped_bundle_holds_every_category_and_the_universal_colorizer(shipped):
    bundle = read_bundle(shipped)
    assert sorted(bundle.categories) == sorted(CATEGORIES)
    assert set(bundle.colorizers["shared_encoder"]) == {*CATEGORIES, "universal"}
    assert {"universal", "fruit", "sunset", "forest"} <= set(bundle.colorizers["encoder_decoder"])


def test_every_shipped_decoder_was_trained_on_the_routers_encoder(shipped):
    bundle = read_bundle(shipped)
    for file in bundle.colorizers["shared_encoder"].values():
        assert file.encoder_sha256 == bundle.encoder_sha256


def test_the_shipped_bundle_is_small_enough_for_git(shipped):
    sizes = [path.stat().st_size for path in shipped.rglob("*") if path.is_file()]
    assert sum(sizes) < 110 * MB
    assert max(sizes) < 40 * MB


def test_every_shipped_file_has_the_content_that_bundle_json_says(shipped):
    from pipeline.engine.bundle_file import read_verified

    bundle = read_bundle(shipped)
    files = [file for table in bundle.colorizers.values() for file in table.values()]
    for file in (bundle.router, *files, *bundle.training):
        assert len(read_verified(shipped, file)) > 0


def test_int8_is_shipped_only_where_it_loses_little(shipped):
    bundle = read_bundle(shipped)
    for table in bundle.colorizers.values():
        for file in table.values():
            lost = file.validation["float32_psnr_db"] - file.validation["int8_psnr_db"]
            assert (lost < 0.1) == (file.precision == "int8"), file.file


def test_confidences_sum_to_one_at_any_size(shipped):
    bundle = read_bundle(shipped)
    router = OnnxModel(shipped, bundle.router)
    for shape in ((1, 256, 256, 1), (1, 256, 416, 1)):
        confidences, *features = router([np.full(shape, 0.5, np.float32)])
        assert confidences.sum() == pytest.approx(1, abs=1e-5)
        assert [one.shape[1] for one in features] == [128, 64, 32, 16, 8]


@pytest.fixture
def copied(tiny_bundle, tmp_path):
    """A bundle that a test may break."""
    return shutil.copytree(tiny_bundle, tmp_path / "copied")


def test_a_missing_bundle_says_where_and_what_to_do(tmp_path):
    with pytest.raises(
        CheckpointError, match=r"no bundle of models[\s\S]*bundle\.json[\s\S]*models="
    ):
        read_bundle(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "damaged bundle.json"),
        ("[]", "damaged bundle.json"),
        ('{"format": 1}', "damaged bundle.json"),
        (json.dumps({"format": FORMAT + 1}), f"bundle format {FORMAT + 1}"),
    ],
)
def test_a_bundle_json_that_cannot_be_read_is_refused(copied, text, message):
    (copied / "bundle.json").write_text(text)
    with pytest.raises(CheckpointError, match=message):
        read_bundle(copied)


def test_a_damaged_file_is_refused_and_its_sha256_told(copied):
    bundle = read_bundle(copied)
    path = copied / bundle.router.file
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(CheckpointError, match=f"its sha256 is .* not {bundle.router.sha256}"):
        OnnxModel(copied, bundle.router)


def test_a_missing_file_is_named(copied):
    bundle = read_bundle(copied)
    (copied / bundle.router.file).unlink()
    with pytest.raises(CheckpointError, match=r"missing\n.*router\."):
        OnnxModel(copied, bundle.router)


def test_an_unknown_colorizer_offers_the_nearest_name(tiny_bundle):
    with pytest.raises(ConfigError, match="did you mean 'shared_encoder'"):
        read_bundle(tiny_bundle).find_colorizer("shared_encodr", "beach")


def test_a_category_without_a_colorizer_gets_the_universal_one(tiny_bundle):
    bundle = read_bundle(tiny_bundle)
    assert bundle.find_colorizer("shared_encoder", "beach").category == "beach"
    assert bundle.find_colorizer("shared_encoder", "fruit").category == "universal"


def test_a_category_with_a_colorizer_is_known_though_the_router_is_not_asked(tiny_bundle):
    bundle = read_bundle(tiny_bundle)
    beach = bundle.find_colorizer("shared_encoder", "beach")
    table = {**bundle.colorizers["shared_encoder"], "castle": replace(beach, category="castle")}
    wider = replace(bundle, colorizers={**bundle.colorizers, "shared_encoder": table})
    assert wider.known_categories("shared_encoder") == ["beach", "forest", "fruit", "castle"]
    assert wider.known_categories("encoder_decoder") == ["beach", "forest", "fruit"]
    assert wider.unknown_to_router == ["castle"]
    assert bundle.unknown_to_router == []


def test_a_bundle_comes_back_as_it_was_written(copied):
    from pipeline.engine.bundle_file import write_bundle

    bundle = read_bundle(copied)
    (copied / "bundle.json").unlink()
    write_bundle(bundle)
    assert read_bundle(copied) == bundle


def test_a_bundle_from_before_calibration_keeps_its_ways(copied):
    content = json.loads((copied / "bundle.json").read_text())
    for key in ("temperature", "top", "universal_rest"):
        del content[key]
    (copied / "bundle.json").write_text(json.dumps(content))
    bundle = read_bundle(copied)
    assert (bundle.temperature, bundle.top, bundle.universal_rest) == (1.0, 1, False)


def as_format_1(content):
    """What bundle.json of the first format said of the same bundle."""

    def entry(one):
        told = {key: one[key] for key in (
            "file", "sha256", "architecture", "category", "precision", "training", "validation",
        )}  # fmt: skip
        return {**told, "short_side": one["inference_px"]}

    old = {**content, "format": 1, "unsure_below": content["fallback_threshold"]}
    del old["fallback_threshold"]
    old["router"] = entry(content["router"])
    old["training"] = [entry(one) for one in content["training"]]
    old["colorizers"] = {name: [*map(entry, all_)] for name, all_ in content["colorizers"].items()}
    old["modes"] = {
        name: {"architecture": mode["colorizer"], "saturation": mode["saturation"]}
        for name, mode in content["modes"].items()
    }
    return old


def test_the_first_format_is_read_as_the_second(copied):
    bundle, path = read_bundle(copied), copied / "bundle.json"
    path.write_text(json.dumps(as_format_1(json.loads(path.read_text()))))
    assert read_bundle(copied) == bundle


def test_keys_of_newer_programs_are_kept(copied):
    from pipeline.engine.bundle_file import write_bundle

    path = copied / "bundle.json"
    content = json.loads(path.read_text())
    content["shots"], content["router"]["frames"] = {"cut": 0.3}, 8
    content["modes"]["faithful"]["grain"] = 0.1
    path.write_text(json.dumps(content))
    write_bundle(read_bundle(copied))
    again = json.loads(path.read_text())
    assert (again["shots"], again["router"]["frames"]) == ({"cut": 0.3}, 8)
    assert again["modes"]["faithful"]["grain"] == 0.1


def test_a_colorizer_that_takes_what_is_unknown_is_refused(copied):
    path = copied / "bundle.json"
    content = json.loads(path.read_text())
    for one in content["colorizers"]["shared_encoder"]:
        one["inputs"] = ["features", "weather"]
    path.write_text(json.dumps(content))
    gray = np.full((32, 32), 128, np.uint8)
    with pytest.raises(CheckpointError, match="of weather, of which this program knows nothing"):
        Colorizer(copied).colorize_array(gray)


@pytest.mark.parametrize(
    "edit",
    [
        {"fallback_threshold": "0.3"}, {"fallback_threshold": None}, {"top": "2"}, {"top": 0},
        {"temperature": 0}, {"categories": "abc"}, {"category_weights": [1.0]},
        {"default": "unet"}, {"modes": {"vivid": {"colorizer": "unet", "saturation": 1.0}}},
        {"modes": {"vivid": {"colorizer": "shared_encoder", "saturation": "x"}}},
        {"colorizers": {"shared_encoder": []}},
    ],
    ids=str,
)  # fmt: skip
def test_a_bundle_json_with_values_of_no_use_is_refused_when_it_is_read(copied, edit):
    path = copied / "bundle.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **edit}))
    with pytest.raises(CheckpointError, match=r"damaged bundle\.json"):
        read_bundle(copied)


@pytest.mark.parametrize(
    ("key", "value"), [("inference_px", "256"), ("file", 5), ("inputs", "lightness")]
)
def test_a_model_with_values_of_no_use_is_refused_when_it_is_read(copied, key, value):
    path = copied / "bundle.json"
    content = json.loads(path.read_text())
    content["router"][key] = value
    path.write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match=r"damaged bundle\.json"):
        read_bundle(copied)


def test_what_a_newer_program_gives_is_not_taken_for_chrominance(copied):
    path = copied / "bundle.json"
    content = json.loads(path.read_text())
    for one in content["colorizers"]["shared_encoder"]:
        one["outputs"] = ["classes"]
    path.write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match="of classes, of which this program knows nothing"):
        Colorizer(copied).colorize_array(np.full((32, 32), 128, np.uint8))
