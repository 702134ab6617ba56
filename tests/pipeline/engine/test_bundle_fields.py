"""bundle.json as strangers may have left it: every field, damaged in many ways."""

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from basics.errors import CheckpointError
from pipeline.engine.bundle import UNIVERSAL, Bundle
from pipeline.engine.bundle_file import read_bundle, read_verified, write_bundle
from pipeline.engine.json_fields import MAX_DEPTH, a_file, a_name, read_object
from tests.pipeline.engine.test_bundle import as_format_1

SHA = "0123456789abcdef" * 4


def entry(file: str, category: str, **more: Any) -> dict[str, Any]:
    """A model of bundle.json."""
    usual = {
        "file": file, "sha256": SHA, "architecture": "shared_encoder", "category": category,
        "precision": "int8", "inference_px": 256, "stride": 32, "inputs": ["features"],
        "outputs": ["ab"], "conditioning": [], "encoder_sha256": SHA,
        "training": {"epochs": 3, "encoder_sha256": SHA}, "validation": {"psnr_db": 21.5},
    }  # fmt: skip
    return {**usual, **more}


SECOND: dict[str, Any] = {
    "format": 2,
    "categories": ["beach", "forest"],
    "category_weights": [0.5, 2.0],
    "encoder_sha256": SHA,
    "fallback_threshold": 0.25,
    "temperature": 1.5,
    "top": 2,
    "universal_rest": True,
    "default": "shared_encoder",
    "mode": "vivid",
    "modes": {"vivid": {"colorizer": "shared_encoder", "saturation": 1.4}},
    "router": entry(
        "router.onnx", "all", inputs=["lightness"], outputs=["confidences", "features"]
    ),
    "colorizers": {
        "shared_encoder": [entry("a/beach.onnx", "beach"), entry("a/universal.onnx", UNIVERSAL)]
    },
    "training": [entry("training/router.keras", "all", inputs=["lightness"])],
}
FIRST = as_format_1(SECOND)


def paths_of(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The place of every field, from the outermost in."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inner:
        yield (*path, key)
        if isinstance(one, dict | list):
            yield from paths_of(one, (*path, key))


def with_value(content: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """A copy with a field replaced."""
    changed = copy.deepcopy(content)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


def read(folder: Path, content: Any) -> Bundle:
    """What a bundle.json of this content is read as."""
    folder.mkdir(exist_ok=True)
    (folder / "bundle.json").write_text(json.dumps(content))
    return read_bundle(folder)


def use(bundle: Bundle) -> None:
    """Ask a bundle for what colouring asks it for."""
    for architecture in bundle.colorizers:
        assert bundle.find_colorizer(architecture, "beach").inference_px >= 32
        assert set(bundle.categories) <= set(bundle.known_categories(architecture))
        bundle.conditioning_of(architecture)
    assert 0 <= bundle.find_mode().saturation <= 3
    assert bundle.entries[0] is bundle.router
    write_bundle(bundle)
    assert read_bundle(bundle.folder) == bundle


@pytest.mark.parametrize("content", [FIRST, SECOND], ids=["format 1", "format 2"])
def test_a_sound_bundle_json_is_read(tmp_path, content):
    bundle = read(tmp_path, content)
    assert [*bundle.categories] == content["categories"]
    assert bundle.router.file == content["router"]["file"]
    use(bundle)


PATHS = [*((FIRST, one) for one in paths_of(FIRST)), *((SECOND, one) for one in paths_of(SECOND))]
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
    | st.sampled_from(["../x", "/etc/passwd", "a\\b", "C:x", "\0", "\ud800", "beach", UNIVERSAL]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=4,
)  # fmt: skip


@given(where=st.sampled_from(PATHS), value=any_json)
def test_any_value_of_any_field_gives_an_error_that_names_it_or_a_bundle(
    tmp_path_factory, where, value
):
    content, path = where
    folder = tmp_path_factory.getbasetemp() / "any_bundle"
    try:
        bundle = read(folder, with_value(content, path, value))
    except CheckpointError as error:
        told = str(error)
        assert "bundle.json" in told
        assert "bundle format" in told or any(str(one) in told for one in path if one != 0)
    else:
        use(bundle)


WRONG = [None, True, [], {}, "", "x" * 400, -1, 1e30, "nan", [None], {"a": []}, "\x1b[31m", " a"]


@pytest.mark.parametrize("path", [*paths_of(SECOND)], ids=lambda one: ".".join(map(str, one)))
def test_each_field_is_refused_in_several_ways(tmp_path, path):
    refused = []
    for value in WRONG:
        try:
            use(read(tmp_path, with_value(SECOND, path, value)))
        except CheckpointError as error:
            refused.append(str(error))
    names = [str(one) for one in path if isinstance(one, str)]
    free = "training" in path[1:]  # of a model: kept, whatever it is
    assert len(refused) >= (0 if free else 4)
    assert all(one.startswith(("damaged bundle.json: ", "bundle format")) for one in refused)
    assert all(any(name in one.split("where:")[0] for name in names) for one in refused)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"categories": ["beach", "beach"]}, "categories: 'beach' stands 2 times"),
        ({"categories": ["beach", "universal"]}, "categories: 'universal' stands for something"),
        ({"category_weights": [1.0]}, "category_weights: 1 numbers for 2 categories"),
        ({"category_weights": [1.0, 0]}, r"category_weights\[1\]: 0 is no number from"),
        ({"default": "unet"}, "default: 'unet' is none of shared_encoder"),
        ({"mode": "loud"}, "mode: 'loud' is none of the modes faithful, vivid"),
        ({"modes": {"vivid": {"colorizer": "shared_encoder", "saturation": 9}}},
         r"modes\.vivid\.saturation: 9 is no number from 0 to 3"),
        ({"modes": {"a/b": {}}}, r"modes\.a/b: 'a/b' cannot be a part of a file's name"),
        ({"colorizers": {}}, "colorizers: it has none"),
        ({"colorizers": {"x": [entry("a", UNIVERSAL), entry("b", UNIVERSAL)]}},
         r"colorizers\.x: 'universal' stands 2 times"),
        ({"colorizers": {"shared_encoder": [entry("a", "beach")]}}, "no universal colorizer"),
        ({"colorizers": {"x": [entry("a", UNIVERSAL, encoder_sha256="f" * 64)]}},
         r"colorizers\.x\[0\]\.encoder_sha256: it takes the features of another"),
        ({"colorizers": {"x": [entry("../a.onnx", UNIVERSAL)]}},
         r"colorizers\.x\[0\]\.file: '\.\./a\.onnx' is no path of a file below"),
        ({"router": entry("r", "all", inputs=["features"])}, r"router\.inputs: a router takes"),
        ({"router": entry("r", "all", inputs=["lightness"])}, r"router\.outputs: a router gives"),
        ({"router": entry("a/beach.onnx", "all", sha256="f" * 64, inputs=["lightness"],
                          outputs=["confidences"])}, "of a/beach.onnx two of them"),
    ],
    ids=lambda one: str(one)[:50],
)  # fmt: skip
def test_fields_that_do_not_agree_are_told(tmp_path, change, message):
    with pytest.raises(CheckpointError, match=rf"damaged bundle\.json: .*{message}"):
        read(tmp_path, {**SECOND, **change})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"format": 2, "format": 2}', "the key 'format' stands twice"),
        ('{"format": NaN}', "format: nan is no finite number"),
        ('{"a": [1, {"b": 1e400}]}', r"a\[1\]\.b: inf is no finite number"),
        ('{"a": -Infinity}', "a: -inf is no finite"),
        ('{"a": ' + "9" * 5000 + "}", "a: inf is no finite number"),
        ('{"a": "\\ud800"}', "a: .* is no text"),
        ('{"\\udfff": 1}', "a key is no text"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * (MAX_DEPTH + 2) + "1" + "}" * (MAX_DEPTH + 2), "nested too deeply"),
        ('"' + "a" * 1000 + '"', "is no object"),
        ("null", "the file: None is no object"),
        ("\x00", "is no JSON"),
    ],
    ids=lambda one: one[:30],
)
def test_what_json_should_not_hold_is_refused(tmp_path, text, message):
    (tmp_path / "bundle.json").write_text(text)
    with pytest.raises(CheckpointError, match=rf"damaged bundle\.json: .*{message}"):
        read_bundle(tmp_path)


def test_other_bytes_than_utf_8_are_refused(tmp_path):
    (tmp_path / "bundle.json").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(CheckpointError, match="is no JSON"):
        read_bundle(tmp_path)


def test_a_bundle_json_of_absurd_size_is_not_read(tmp_path):
    with (tmp_path / "bundle.json").open("wb") as file:
        file.truncate(20_000_000_000)  # a hole: it takes no room
    with pytest.raises(CheckpointError, match="20,000,000,000 bytes, more than the 10,000,000"):
        read_bundle(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="links need a right of its own elsewhere")
@pytest.mark.parametrize("target", ["file", "folder"])
def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path, target):
    inside, outside = tmp_path / "bundle", tmp_path / "outside"
    outside.mkdir()
    (outside / "beach.onnx").write_bytes(b"secret")
    bundle = read(inside, SECOND)
    if target == "folder":
        (inside / "a").symlink_to(outside)
    else:
        (inside / "a").mkdir()
        (inside / "a" / "beach.onnx").symlink_to(outside / "beach.onnx")
    with pytest.raises(CheckpointError, match="a link that leads out of its folder"):
        read_verified(inside, bundle.find_colorizer("shared_encoder", "beach"))


@given(text=st.text(max_size=30))
def test_a_name_and_a_path_stay_below_their_folder(tmp_path_factory, text):
    folder = tmp_path_factory.getbasetemp()
    for check in (a_name, a_file):
        try:
            name = check(text)
        except ValueError:
            continue
        assert Path(os.path.normpath(folder / name)).is_relative_to(folder)
        assert (folder / name) != folder


@given(content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_an_object_or_refused(content):
    try:
        found = read_object(content)
    except ValueError:
        found = {}
    assert isinstance(found, dict)


def test_a_figure_that_is_no_number_is_not_written(tmp_path):
    bundle = read(tmp_path, SECOND)
    before = (tmp_path / "bundle.json").read_bytes()
    object.__setattr__(bundle.router, "validation", {"top_1": float("nan")})
    with pytest.raises(CheckpointError, match=r"not written: router\.validation\.top_1: nan"):
        write_bundle(bundle)
    assert (tmp_path / "bundle.json").read_bytes() == before
