"""Trained networks -> files of a bundle: ONNX to colour with, and what to go on training from."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from basics.errors import CheckpointError
from pipeline.engine.bundle import AB, FEATURES, LIGHTNESS, ROUTER, Bundle, ModelEntry
from pipeline.engine.bundle_file import file_sha256
from release.starting_weights import FOLDER, SUFFIXES, write_start

if TYPE_CHECKING:
    import keras

ROUTER_SIDE_PX = 256  # short side at which a photo passes the router
ROUTER_OUTPUTS = ("confidences", "half", "quarter", "eighth", "sixteenth", "top")
TOLD = (  # of what a run folder says, in bundle.json
    "photos", "checkpoint", "checkpoint_sha256", "epochs", "head_epochs", "steps_per_epoch",
    "batch_size", "head_learning_rate", "learning_rate", "decay", "size", "smallest_px", "policy",
    "weight_decay", "loss", "tone_spread", "train_encoder", "encoder_rate", "average", "seed",
    "encoder_sha256", "versions",
)  # fmt: skip


def load_run(run_dir: Path, *, halved: bool = False) -> "tuple[keras.Model, dict[str, Any]]":
    """The network of a run that is to be shipped, and what the run folder says about it.

    Args:
        run_dir: of a classifier or a colorizer.
        halved: round its weights to those that compact weights hold, its encoder's too; so
            decoders of one encoder still have one.

    Raises:
        CheckpointError: there is no run in that folder, or it has no checkpoint.
    """
    from colorizers.initial_weights import encoder_sha256
    from training.checkpoints import chosen_checkpoint, load_checkpoint
    from training.compact import halve
    from training.runs import read_config

    path = chosen_checkpoint(run_dir)
    network = load_checkpoint(path, with_optimizer=False)  # a third of the size
    if halved:
        halve(network)
    facts = {
        **read_config(run_dir),
        "versions": json.loads((run_dir / "versions.json").read_text()),
        "checkpoint": path.name,
        "checkpoint_sha256": file_sha256(path),
        "encoder_sha256": encoder_sha256(network),
    }
    return network, facts


def mark_of(facts: Mapping[str, Any]) -> str:
    """What tells the files of one checkpoint from those of another: "-" and 8 hex digits."""
    return f"-{facts['checkpoint_sha256'][:8]}"


def write_router(
    router: "keras.Model", facts: Mapping[str, Any], folder: Path, *, mark: str = ""
) -> tuple[ModelEntry, ModelEntry]:
    """Write router.onnx, and training/router.npz to go on from; `mark` goes into their names."""
    name = f"router{mark}.onnx"
    file = _write_onnx(
        _with_features(router), folder, name, ROUTER_OUTPUTS, facts,
        category=ROUTER, outputs=("confidences", FEATURES),
    )  # fmt: skip
    return file, write_start(router, facts, folder, f"router{mark}", file)


def write_colorizer(
    network: "keras.Model", facts: Mapping[str, Any], folder: Path, *, mark: str = ""
) -> ModelEntry:
    """Write a colorizer in float32; without the encoder, if it has the router's."""
    from colorizers.models import ARCHITECTURES
    from training.registry import find

    spec = find(ARCHITECTURES, facts["architecture"])
    name = f"{facts['architecture']}/{facts['category']}{mark}.onnx"
    return _write_onnx(
        spec.exported(network), folder, name, ("chrominance",), facts,
        category=facts["category"], inputs=spec.inputs,
    )  # fmt: skip


def require_encoder(
    facts: Mapping[str, Any], encoder_sha256: str, *, where: Path, fix: str
) -> None:
    """Check that a decoder was trained on the router's encoder.

    Raises:
        CheckpointError: it was trained on another.
    """
    if facts["encoder_sha256"] not in (None, encoder_sha256):
        raise CheckpointError(
            "the decoder was trained on another encoder than the router's", where, fix
        )


def remove_unlisted(bundle: Bundle) -> None:
    """Remove networks that bundle.json does not list: replaced, not chosen, or left by a kill."""
    listed = {bundle.folder / file.file for file in bundle.entries}
    folders = ("", FOLDER, *bundle.colorizers)
    for path in [one for folder in folders for one in (bundle.folder / folder).glob("*")]:
        if path.suffix in (".onnx", *SUFFIXES) and path not in listed:
            path.unlink()


def _with_features(router: "keras.Model") -> "keras.Model":
    """A classifier -> lightness to confidences and the feature maps of its encoder, in one pass."""
    import keras

    from training.encoders import ENCODER, head_layers

    lightness = keras.Input((None, None, 1), name="lightness")
    features = router.get_layer(ENCODER)(lightness)
    x = features[-1]
    for layer in head_layers(router):
        x = layer(x)
    return keras.Model(lightness, [x, *features])


def _write_onnx(
    network: "keras.Model",
    folder: Path,
    name: str,
    names: Sequence[str],
    facts: Mapping[str, Any],
    *,
    category: str,
    inputs: tuple[str, ...] = (LIGHTNESS,),
    outputs: tuple[str, ...] = (AB,),
) -> ModelEntry:
    """Write one float32 ONNX file and describe it."""
    from release.to_onnx import in_float32, write_onnx

    write_onnx(in_float32(network), folder / name, names)
    return ModelEntry(
        file=name,
        sha256=file_sha256(folder / name),
        architecture=facts.get("architecture") or facts["backbone"],
        category=category,
        precision="float32",
        inference_px=facts.get("run_px", ROUTER_SIDE_PX),
        inputs=inputs,
        outputs=outputs,
        encoder_sha256=facts["encoder_sha256"],
        training={"start": _start(facts), **{key: facts[key] for key in TOLD if key in facts}},
    )


def _start(facts: Mapping[str, Any]) -> str:
    """What the training of a network began from."""
    if "weights" in facts:  # a router
        given = facts.get("encoder") or facts["weights"]
    else:
        given = facts["init"] or (facts.get("encoder") if facts.get("train_encoder") else None)
    return Path(given or "random weights").name
