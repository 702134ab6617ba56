"""What of a bundle training goes on from: the router whole, colorizers without its encoder.

They are compact weights (`training.compact`): half precision, no optimizer. The encoder is in the
router alone, and must be bit for bit that on which decoders were trained, which their runs tell by
its hash. So `release.export` rounds it before anything is made of it; an encoder that was not
rounded (that of a bundle which an older program exported) is written as a Keras file, as then.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from basics.files import atomic_write
from pipeline.engine.bundle import AB, LIGHTNESS, ROUTER, Bundle, ModelEntry
from pipeline.engine.bundle_file import file_sha256, read_verified
from training.compact import SUFFIX

if TYPE_CHECKING:
    import keras

FOLDER = "training"
SUFFIXES = (SUFFIX, ".keras")
IDENTITY = ("architecture", "backbone", "category", "categories", "run_px")  # what rebuilds it


def write_start(
    network: "keras.Model", facts: Mapping[str, Any], folder: Path, name: str, like: ModelEntry
) -> ModelEntry:
    """Write a network for training to go on from.

    Args:
        network: a router, or a universal colorizer.
        facts: what its run says, as `release.packaging.load_run` gives it.
        folder: of the bundle.
        name: of the file, without its suffix.
        like: its ONNX file, which is described alike.
    """
    from training.compact import is_halved
    from training.encoders import find_encoder

    encoder = find_encoder(network)
    if encoder is None or is_halved(encoder):
        file = f"{FOLDER}/{name}{SUFFIX}"
        _write_halves(network, facts, folder / file, None if like.category == ROUTER else encoder)
    else:
        file = f"{FOLDER}/{name}.keras"
        with atomic_write(folder / file) as side:
            network.save(side)
    outputs = ("confidences",) if like.category == ROUTER else (AB,)
    sha256 = file_sha256(folder / file)
    return replace(
        like, file=file, sha256=sha256, precision="float32", inputs=(LIGHTNESS,), outputs=outputs,
        validation={},
    )  # fmt: skip


def open_start(bundle: Bundle, start: ModelEntry) -> "keras.Model":
    """The network that training goes on from, of a bundle of today or of before.

    Raises:
        CheckpointError: it is damaged.
    """
    from training.checkpoints import load_checkpoint

    read_verified(bundle.folder, start)
    path = bundle.folder / start.file
    if path.suffix != SUFFIX:
        return load_checkpoint(path, with_optimizer=False)
    return _open_router(path) if start.category == ROUTER else _open_colorizer(bundle, path)


def encoder_of(bundle: Bundle, start: ModelEntry) -> Path | None:
    """What `--encoder` must be beside `--init`: the router's file, where that encoder is not in it.

    Raises:
        CheckpointError: the bundle ships no router to go on training from.
    """
    if start.encoder_sha256 is None or not start.file.endswith(SUFFIX):
        return None
    router = bundle.find_initial(bundle.router.architecture, ROUTER)
    read_verified(bundle.folder, router)
    return bundle.folder / router.file


def _write_halves(
    network: "keras.Model", facts: Mapping[str, Any], path: Path, without: "keras.Model | None"
) -> None:
    """Write compact weights; of the run's settings only what rebuilds the network."""
    from training.compact import TEXTS, write_weights

    known = {name: facts[name] for name in IDENTITY if name in facts}
    texts = (json.dumps(known), json.dumps(facts.get("versions", {})), "")
    write_weights(network, path, dict(zip(TEXTS, texts, strict=True)), without=without)


def _open_router(path: Path) -> "keras.Model":
    from classifier.backbones import BACKBONES
    from classifier.head import build_classifier
    from training.compact import facts_of, take_compact
    from training.registry import find

    facts = facts_of(path)
    spec = find(BACKBONES, facts["backbone"], "backbone")
    network = build_classifier(spec.build(), len(facts["categories"]))
    take_compact(network, path)
    return network


def _open_colorizer(bundle: Bundle, path: Path) -> "keras.Model":
    from colorizers.config import ColorizerConfig
    from colorizers.initial_weights import build_network
    from colorizers.models import ARCHITECTURES
    from training.compact import facts_of
    from training.encoders.table import USUAL
    from training.registry import find

    facts = facts_of(path)
    start = next(one for one in bundle.training if bundle.folder / one.file == path)
    config = ColorizerConfig(
        category=facts["category"],
        packed_dir=Path(),
        run_dir=Path(),
        architecture=facts["architecture"],
        backbone=facts.get("backbone", USUAL),
        init=path,
        encoder=encoder_of(bundle, start),
    )
    return build_network(find(ARCHITECTURES, config.architecture), config)
