"""Trained networks -> the bundle that colours photos: python -m pipeline.export runs pretrained

Reads RUNS_DIR/classifier/mobilenet_v2 and RUNS_DIR/colorizers/*/*, writes ONNX files and
bundle.json. A colorizer is stored in int8 where that costs less than 0.1 dB of PSNR on the
validation split, else in float32.
"""

import argparse
import hashlib
import json
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.bundle import FORMAT, Bundle, NetworkFile
from preprocessing import cli
from preprocessing.errors import CheckpointError

if TYPE_CHECKING:
    import keras

    from pipeline.router import Colorizer

log = logging.getLogger(__name__)

INT8_LOSS_DB = 0.1  # of PSNR on the validation split; more, and float32 is shipped
CALIBRATION_PHOTOS = 96  # training photos that set the ranges of int8 activations
ROUTER_SIDE_PX = 256
UNIVERSAL = "universal"
ROUTER_OUTPUTS = ("confidences", "half", "quarter", "eighth", "sixteenth", "top")


def export(runs_dir: Path, bundle_dir: Path, packed_dir: Path) -> Bundle:
    """Export every trained network below `runs_dir`; replaces `bundle_dir` when all is done.

    Raises:
        CheckpointError: there is no router or no universal colorizer, or a decoder was trained on
            another encoder than the router's.
    """
    staging = bundle_dir.with_name(bundle_dir.name + ".partial")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    bundle = _write_float32(runs_dir, staging)
    bundle = _choose_precision(bundle, packed_dir)
    bundle = _choose_threshold(bundle, packed_dir)
    write_bundle(bundle)
    _remove_unlisted(bundle)
    if bundle_dir.exists():
        for path in bundle_dir.glob("*.md"):  # a model card outlives its bundle
            shutil.copy2(path, staging)
        shutil.rmtree(bundle_dir)
    staging.rename(bundle_dir)
    return replace(bundle, folder=bundle_dir)


def write_bundle(bundle: Bundle) -> None:
    """Write bundle.json."""
    content = {
        "format": FORMAT,
        "categories": bundle.categories,
        "encoder_sha256": bundle.encoder_sha256,
        "unsure_below": bundle.unsure_below,
        "default": bundle.default,
        "router": asdict(bundle.router),
        "colorizers": {
            architecture: [asdict(file) for file in files.values()]
            for architecture, files in bundle.colorizers.items()
        },
        "training": [asdict(file) for file in bundle.training],
    }
    with cli.written_aside(bundle.folder / "bundle.json") as side:
        side.write_text(json.dumps(content, indent=1) + "\n")


def _write_float32(runs_dir: Path, folder: Path) -> Bundle:
    """Write router, colorizers and what training goes on from, all in float32."""
    from training.checkpoints import weights_sha256

    router_dir = runs_dir / "classifier" / "mobilenet_v2"
    router, facts = _load_run(router_dir)
    encoder_sha256 = weights_sha256(router.get_layer("encoder"))
    router_file = _write_network(
        _with_features(router), folder, "router.onnx", ROUTER_OUTPUTS, facts, category="all"
    )
    training = [_write_keras(router, folder, "training/router.keras", router_file)]
    colorizers: dict[str, dict[str, NetworkFile]] = {}
    for run_dir in cli.progress(sorted((runs_dir / "colorizers").glob("*/*")), "exporting"):
        network, facts = _load_run(run_dir)
        architecture, category = facts["architecture"], facts["category"]
        if facts["encoder_sha256"] not in (None, encoder_sha256):
            raise CheckpointError(
                "the decoder was trained on another encoder than the router's",
                run_dir,
                f"train it anew with --encoder {router_dir}",
            )
        core = network.get_layer("decoder") if facts["encoder_sha256"] else network
        name = f"{architecture}/{category}.onnx"
        file = _write_network(core, folder, name, ("chrominance",), facts, category=category)
        colorizers.setdefault(architecture, {})[category] = file
        if category == UNIVERSAL:
            name = f"training/{architecture}_{UNIVERSAL}.keras"
            training.append(_write_keras(network, folder, name, file))
    for architecture, files in colorizers.items():
        if UNIVERSAL not in files:
            raise CheckpointError(
                f"no universal colorizer of {architecture!r}",
                runs_dir / "colorizers" / architecture,
                f"run: python -m colorizers.train universal --architecture {architecture}",
            )
    if not colorizers:
        raise CheckpointError("no trained colorizer", runs_dir / "colorizers", "train one first")
    return Bundle(
        folder=folder,
        categories=tuple(_load_facts(router_dir)["categories"]),
        encoder_sha256=encoder_sha256,
        unsure_below=0.0,
        default="shared_encoder" if "shared_encoder" in colorizers else min(colorizers),
        router=router_file,
        colorizers=colorizers,
        training=training,
    )


def _load_facts(run_dir: Path) -> dict[str, Any]:
    from training.runs import read_config

    versions = json.loads((run_dir / "versions.json").read_text())
    return {**read_config(run_dir), "versions": versions}


def _load_run(run_dir: Path) -> "tuple[keras.Model, dict[str, Any]]":
    """The network of a run that is to be shipped, and what the run folder says about it."""
    from training.checkpoints import chosen_checkpoint, load_checkpoint

    path = chosen_checkpoint(run_dir)
    network = load_checkpoint(path, with_optimizer=False)  # a third of the size
    return network, {**_load_facts(run_dir), "checkpoint": path.name}


def _with_features(router: "keras.Model") -> "keras.Model":
    """A classifier -> lum to confidences and the feature maps of its encoder, in one pass."""
    import keras

    lum = keras.Input((None, None, 1), name="luminance")
    features = router.get_layer("encoder")(lum)
    x = features[-1]
    for layer in router.layers[2:]:  # after the input and the encoder comes the head, in a row
        x = layer(x)
    return keras.Model(lum, [x, *features])


def _write_network(
    network: "keras.Model",
    folder: Path,
    name: str,
    outputs: Sequence[str],
    facts: Mapping[str, Any],
    *,
    category: str,
) -> NetworkFile:
    """Write one float32 ONNX file and describe it."""
    from pipeline.to_onnx import in_float32, write_onnx

    write_onnx(in_float32(network), folder / name, outputs)
    keys = (
        "checkpoint", "epochs", "head_epochs", "steps_per_epoch", "batch_size", "learning_rate",
        "decay", "size", "smallest_px", "policy", "seed", "encoder_sha256", "versions",
    )  # fmt: skip
    return NetworkFile(
        file=name,
        sha256=_sha256(folder / name),
        architecture=facts.get("architecture") or facts["backbone"],
        category=category,
        short_side=facts.get("run_px", ROUTER_SIDE_PX),
        precision="float32",
        training={key: facts[key] for key in keys if key in facts},
    )


def _write_keras(network: "keras.Model", folder: Path, name: str, like: NetworkFile) -> NetworkFile:
    """Write a network without its optimizer, for training to go on from."""
    with cli.written_aside(folder / name) as side:
        network.save(side)
    return replace(like, file=name, sha256=_sha256(folder / name))


def _choose_precision(bundle: Bundle, packed_dir: Path) -> Bundle:
    """Quantize every colorizer; keep int8 where it loses little on the validation split."""
    from pipeline.to_onnx import write_int8

    colorizer = _open(bundle)
    chosen: dict[str, dict[str, NetworkFile]] = {}
    files = [file for table in bundle.colorizers.values() for file in table.values()]
    for file in cli.progress(files, "int8 or float32"):
        categories = bundle.categories if file.category == UNIVERSAL else (file.category,)
        name = file.file.replace(".onnx", ".int8.onnx")
        inputs = _calibration(colorizer, file, packed_dir, categories)
        write_int8(bundle.folder / file.file, bundle.folder / name, inputs)
        small = replace(file, file=name, sha256=_sha256(bundle.folder / name), precision="int8")
        exact_db, small_db = _validate(colorizer, (file, small), packed_dir, categories)
        best, db = (small, small_db) if exact_db - small_db < INT8_LOSS_DB else (file, exact_db)
        log.info("%s: float32 %.2f dB, int8 %.2f dB", file.file, exact_db, small_db)
        figures = {
            "psnr_db": round(db, 3),
            "float32_psnr_db": round(exact_db, 3),
            "int8_psnr_db": round(small_db, 3),
        }
        table = chosen.setdefault(file.architecture, {})
        table[file.category] = replace(best, validation=figures)
    return replace(bundle, colorizers=chosen)


def _calibration(
    colorizer: "Colorizer", file: NetworkFile, packed_dir: Path, categories: Sequence[str]
) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Inputs of a colorizer for some training photos."""
    from pipeline.trial import network_inputs, start_trial

    for rgb in _some_photos(packed_dir, categories, "train", CALIBRATION_PHOTOS):
        inputs = network_inputs(file, start_trial(colorizer, rgb))
        yield {f"input_{i}": one for i, one in enumerate(inputs)}


def _some_photos(
    packed_dir: Path, categories: Sequence[str], split: str, limit: int
) -> Iterator[NDArray[np.uint8]]:
    """Up to `limit` photos, as many from each category as from the others."""
    from preprocessing.packing import load_packed

    for category in categories:
        photos = load_packed(packed_dir, category, split)
        yield from photos[: max(1, limit // len(categories))]


def _validate(
    colorizer: "Colorizer",
    files: Sequence[NetworkFile],
    packed_dir: Path,
    categories: Sequence[str],
) -> list[float]:
    """Mean PSNR in dB of each file on up to 100 validation photos."""
    from colorizers.metrics import psnr_db
    from pipeline.trial import start_trial, trial_rgb

    scores = []
    for rgb in _some_photos(packed_dir, categories, "val", 100):
        trial = start_trial(colorizer, rgb)
        scores.append([psnr_db(trial_rgb(colorizer, trial, file), rgb) for file in files])
    return [float(score) for score in np.mean(scores, axis=0)]


def _choose_threshold(bundle: Bundle, packed_dir: Path) -> Bundle:
    """Find the confidence below which the universal colorizer does better, on validation."""
    from classifier.metrics import top_k_error
    from colorizers.metrics import psnr_db
    from pipeline.trial import start_trial, trial_rgb
    from preprocessing.packing import load_packed

    colorizer = _open(bundle)
    table = bundle.colorizers[bundle.default]
    confidences, labels, gains = [], [], []
    for label, category in enumerate(cli.progress(bundle.categories, "threshold")):
        for rgb in load_packed(packed_dir, category, "val"):
            trial = start_trial(colorizer, rgb)
            routed = bundle.find_colorizer(bundle.default, trial.ranking[0][0])
            universal_db, routed_db = (
                psnr_db(trial_rgb(colorizer, trial, file), rgb)
                for file in (table[UNIVERSAL], routed)
            )
            gains.append(routed_db - universal_db)
            confidences.append([dict(trial.ranking)[one] for one in bundle.categories])
            labels.append(label)
    sure = np.max(confidences, axis=1)
    candidates = np.arange(0, 0.9, 0.05)
    means = [float(np.where(sure >= t, gains, 0).mean()) for t in candidates]
    best = float(candidates[int(np.argmax(means))])
    figures = {
        f"top_{k}": round(1 - top_k_error(np.array(confidences), np.array(labels), k), 4)
        for k in (1, 3)
    }
    log.info("unsure below %.2f: routing gains %.3f dB over universal", best, max(means))
    return replace(
        bundle, unsure_below=round(best, 2), router=replace(bundle.router, validation=figures)
    )


def _open(bundle: Bundle) -> "Colorizer":
    from pipeline.router import Colorizer

    write_bundle(bundle)
    return Colorizer(bundle.folder)


def _remove_unlisted(bundle: Bundle) -> None:
    """Remove the precision that was not chosen."""
    listed = {file.file for table in bundle.colorizers.values() for file in table.values()}
    listed |= {file.file for file in (bundle.router, *bundle.training)}
    for path in bundle.folder.rglob("*.onnx"):
        if path.relative_to(bundle.folder).as_posix() not in listed:
            path.unlink()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "pipeline.export")
    parser.add_argument("runs_dir", type=Path, help="run folders of classifier and colorizers")
    parser.add_argument("bundle_dir", type=Path, help="where the bundle goes, replacing an old one")
    parser.add_argument(
        "--packed-dir", type=Path, default=Path("data/packed"), help="photos to measure on"
    )
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    bundle = export(args.runs_dir, args.bundle_dir, args.packed_dir)
    cli.print_lines([bundle.folder / "bundle.json"])
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
