"""bundle.json and the files beside it: read, verified, written.

pretrained/
    bundle.json                          format, categories, per file sha256, training, figures
    router.onnx                          lightness -> confidences and the encoder's feature maps
    shared_encoder/<category>.onnx       feature maps -> chrominance
    encoder_decoder/<category>.onnx      lightness -> chrominance
    training/*.npz                       what going on with the training starts from

Format 2 says of each model what it takes, gives and can be conditioned on; format 1, which did
not, is read as well. Keys that this program does not know are kept. A network that was added later
has a part of its checkpoint's sha256 in its name: the files of the bundle that is there are never
overwritten.
"""

import hashlib
import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from basics.errors import CheckpointError, Setting
from basics.files import atomic_write
from pipeline.engine.bundle import Bundle, Mode, ModelEntry
from pipeline.engine.bundle_fields import FORMAT, READ, bundle_of
from pipeline.engine.json_fields import Unfit, read_object, require_plain, shown

MAX_JSON_BYTES = 10_000_000  # of bundle.json; that of twenty categories takes 40 kB
MAX_FILE_BYTES = 2_000_000_000  # of a network, the most that ONNX allows
MEND = (
    "get the file anew (in a clone: git checkout -- pretrained; else install the package again), "
    "or give another bundle"
)


def read_bundle(folder: Path) -> Bundle:
    """Read bundle.json.

    Raises:
        CheckpointError: it is missing, damaged (the error names the field), or of another format.
    """
    path = folder / "bundle.json"
    if not path.is_file():
        raise _unusable("no bundle of models", path)
    try:
        content = read_object(_bounded(path, MAX_JSON_BYTES))
        number = content.get("format")
        if "format" in content and (isinstance(number, bool) or number not in READ):
            known = " and ".join(str(one) for one in READ)
            raise _unusable(f"bundle format {shown(number)}; this program reads {known}", path)
        return bundle_of(folder, content)
    except Unfit as error:
        raise _unusable(f"damaged bundle.json: {error}", path) from error


def write_bundle(bundle: Bundle) -> None:
    """Write bundle.json, in format 2.

    Raises:
        CheckpointError: a number is not finite, which JSON cannot hold.
    """
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
    path = bundle.folder / "bundle.json"
    try:
        require_plain(content)
    except Unfit as error:
        raise CheckpointError(f"not written: {error}", path, "train or measure again") from error
    with atomic_write(path) as temporary:
        text = json.dumps({"format": FORMAT, **bundle.extra, **content}, indent=1)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_verified(folder: Path, entry: ModelEntry) -> bytes:
    """The bytes of a file of the bundle.

    Raises:
        CheckpointError: it is missing, lies outside of the folder, or its sha256 is not what
            bundle.json says.
    """
    path = folder / entry.file
    if not path.is_file():
        raise _unusable("a file of the bundle is missing", path)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise _unusable("a file of the bundle is a link that leads out of its folder", path)
    content = _bounded(path, MAX_FILE_BYTES)
    found = hashlib.sha256(content).hexdigest()
    if found != entry.sha256:
        what = f"a file of the bundle is damaged: its sha256 is {found}, not {entry.sha256}"
        raise _unusable(what, path)
    return content


def _bounded(path: Path, most: int) -> bytes:
    """The bytes of a file of at most so many."""
    size = path.stat().st_size
    if size > most:
        raise _unusable(f"{size:,} bytes, more than the {most:,} that are read", path)
    return path.read_bytes()


def file_sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _unusable(what: str, path: Path) -> CheckpointError:
    return CheckpointError(what, path, MEND, Setting("models"))


def _described(entry: ModelEntry | Mode) -> dict[str, Any]:
    content = asdict(entry)
    extra = content.pop("extra")
    return {**content, **extra}
