"""bundle.json and the files beside it: read, verified, written.

pretrained/
    bundle.json                          format, categories, per file sha256, training, figures
    router.onnx                          lightness -> confidences and the encoder's feature maps
    shared_encoder/<category>.onnx       feature maps -> chrominance
    encoder_decoder/<category>.onnx      lightness -> chrominance
    training/*.keras                     what going on with the training starts from

Format 2 says of each model what it takes, gives and can be conditioned on; format 1, which did
not, is read as well. Keys that this program does not know are kept. A network that was added later
has a part of its checkpoint's sha256 in its name: the files of the bundle that is there are never
overwritten.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from basics.errors import CheckpointError, Setting
from basics.files import atomic_write
from pipeline.engine.bundle import (
    AB,
    FEATURES,
    LIGHTNESS,
    ROUTER,
    UNIVERSAL,
    Bundle,
    Mode,
    ModelEntry,
)

FORMAT = 2  # that is written
READ = (1, 2)
MEND = (
    "get the file anew (in a clone: git checkout -- pretrained; else install the package again), "
    "or give another bundle"
)
RENAMED = {"short_side": "inference_px"}  # keys of a model, format 1 -> 2
TUPLES = ("inputs", "outputs", "conditioning")


def read_bundle(folder: Path) -> Bundle:
    """Read bundle.json.

    Raises:
        CheckpointError: it is missing, damaged, or of another format.
    """
    path = folder / "bundle.json"
    if not path.is_file():
        raise _unusable("no bundle of models", path)
    try:
        content = json.loads(path.read_text())
        if content["format"] not in READ:
            known = " and ".join(str(one) for one in READ)
            raise _unusable(f"bundle format {content['format']}; this program reads {known}", path)
        bundle = _bundle(folder, _as_format_2(content) if content["format"] == 1 else content)
        _require_sound(bundle)
        return bundle
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unusable(f"damaged bundle.json: {error!r}", path) from error


def write_bundle(bundle: Bundle) -> None:
    """Write bundle.json, in format 2."""
    content = {field.name: getattr(bundle, field.name) for field in fields(bundle)}
    del content["folder"], content["extra"]
    content |= {
        "modes": {name: _described(mode) for name, mode in bundle.modes.items()},
        "router": _described(bundle.router),
        "colorizers": {
            architecture: [_described(entry) for entry in table.values()]
            for architecture, table in bundle.colorizers.items()
        },
        "training": [_described(entry) for entry in bundle.training],
    }
    with atomic_write(bundle.folder / "bundle.json") as temporary:
        text = json.dumps({"format": FORMAT, **bundle.extra, **content}, indent=1)
        temporary.write_text(text + "\n")


def read_verified(folder: Path, entry: ModelEntry) -> bytes:
    """The bytes of a file of the bundle.

    Raises:
        CheckpointError: it is missing, or its sha256 is not what bundle.json says.
    """
    path = folder / entry.file
    if not path.is_file():
        raise _unusable("a file of the bundle is missing", path)
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != entry.sha256:
        what = f"a file of the bundle is damaged: its sha256 is {found}, not {entry.sha256}"
        raise _unusable(what, path)
    return content


def file_sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _unusable(what: str, path: Path) -> CheckpointError:
    return CheckpointError(what, path, MEND, Setting("models"))


def _bundle(folder: Path, content: Mapping[str, Any]) -> Bundle:
    """What format 2 says; what it may leave out has a default."""
    known = {field.name for field in fields(Bundle)} - {"folder", "extra"}
    known_values = {name: content[name] for name in known if name in content}
    known_values |= {
        "categories": tuple(_list(content["categories"])),
        "category_weights": tuple(_list(content["category_weights"])),
        "modes": {name: _mode(mode) for name, mode in content.get("modes", {}).items()},
        "router": _entry(content["router"]),
        "colorizers": {
            architecture: {one["category"]: _entry(one) for one in entries}
            for architecture, entries in content["colorizers"].items()
        },
        "training": [_entry(one) for one in content["training"]],
    }
    extra = {name: one for name, one in content.items() if name not in {*known, "format"}}
    return Bundle(folder=folder, extra=extra, **known_values)


def _entry(content: Mapping[str, Any]) -> ModelEntry:
    known = {field.name for field in fields(ModelEntry)} - {"extra"}
    known_values = {name: one for name, one in content.items() if name in known}
    for name in TUPLES:
        if name in known_values:
            known_values[name] = tuple(_list(known_values[name]))
    extra = {name: one for name, one in content.items() if name not in known}
    return ModelEntry(extra=extra, **known_values)


def _mode(content: Mapping[str, Any]) -> Mode:
    known = ("colorizer", "saturation")
    extra = {name: one for name, one in content.items() if name not in known}
    return Mode(extra=extra, **{name: content[name] for name in known})


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"no list: {value!r}")
    return value


def _require_sound(bundle: Bundle) -> None:
    """Raise `ValueError` unless everything that is used later is of its type and in its range."""
    numbers = [bundle.fallback_threshold, bundle.temperature, bundle.top]
    numbers += [*bundle.category_weights, *(mode.saturation for mode in bundle.modes.values())]
    colorizers = [entry for table in bundle.colorizers.values() for entry in table.values()]
    named = {bundle.default, *(mode.colorizer for mode in bundle.modes.values())}
    names = [*bundle.categories, *(entry.category for entry in bundle.entries)]
    sizes = [entry.inference_px for entry in bundle.entries]
    wrong = {
        "a number that is none": not all(_is_number(one) for one in numbers),
        "a name that is none": not all(isinstance(one, str) and one for one in names),
        "a category that cannot be a part of a file's name": any("/" in one for one in names),
        "a file without a name": not all(isinstance(one.file, str) for one in bundle.entries),
        "a size in px below 32": not all(isinstance(one, int) and one >= 32 for one in sizes),
        "weights that are not one for each category": len(bundle.category_weights)
        != len(bundle.categories),
        "no universal colorizer": any(UNIVERSAL not in one for one in bundle.colorizers.values()),
        "a mode or default of no colorizer": not named <= set(bundle.colorizers),
        "no colorizer": not colorizers,
    }
    if not any(wrong.values()):
        wrong["a temperature or a number of blended colorizers below 1"] = (
            bundle.temperature <= 0 or bundle.top < 1
        )
    found = [what for what, is_so in wrong.items() if is_so]
    if found:
        raise ValueError(found[0])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _described(entry: ModelEntry | Mode) -> dict[str, Any]:
    content = asdict(entry)
    extra = content.pop("extra")
    return {**content, **extra}


def _as_format_2(content: Mapping[str, Any]) -> dict[str, Any]:
    """Format 1 said of a model by its training alone whether it takes the encoder's features."""

    def entry(one: Mapping[str, Any], *, is_colorizer: bool = False) -> dict[str, Any]:
        new = {RENAMED.get(name, name): value for name, value in one.items()}
        encoder = one.get("training", {}).get("encoder_sha256")
        takes = FEATURES if is_colorizer and encoder is not None else LIGHTNESS
        return {**new, "inputs": [takes], "encoder_sha256": encoder}

    modes = {
        name: {"colorizer": mode["architecture"], "saturation": mode["saturation"]}
        for name, mode in content.get("modes", {}).items()
    }
    new = {
        **content,
        "fallback_threshold": content["unsure_below"],
        "modes": modes,
        "router": {**entry(content["router"]), "outputs": ["confidences", FEATURES]},
        "colorizers": {
            architecture: [entry(one, is_colorizer=True) for one in entries]
            for architecture, entries in content["colorizers"].items()
        },
        "training": [
            {**entry(one), "outputs": ["confidences"] if one["category"] == ROUTER else [AB]}
            for one in content["training"]
        ],
    }
    del new["unsure_below"]
    return new
