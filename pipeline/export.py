"""Trained networks -> the bundle that colours photos: python -m pipeline.export runs pretrained

Reads RUNS_DIR/classifier/mobilenet_v2 and RUNS_DIR/colorizers/*/*, writes ONNX files and
bundle.json. A colorizer is stored in int8 where that costs less than 0.1 dB of PSNR on the
validation split, else in float32.
"""

import argparse
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.bundle import UNIVERSAL, Bundle, NetworkFile, file_sha256, write_bundle
from preprocessing import cli
from preprocessing.errors import CheckpointError

if TYPE_CHECKING:
    import keras

ROUTER_SIDE_PX = 256  # short side at which a photo passes the router
ROUTER_OUTPUTS = ("confidences", "half", "quarter", "eighth", "sixteenth", "top")


def export(runs_dir: Path, bundle_dir: Path, packed_dir: Path) -> Bundle:
    """Export every trained network below `runs_dir`; replaces `bundle_dir` when all is done.

    Raises:
        CheckpointError: there is no router or no universal colorizer, or a decoder was trained on
            another encoder than the router's.
    """
    from pipeline.selection import (
        choose_category_weights,
        choose_precision,
        choose_threshold,
    )

    staging, old = (bundle_dir.with_name(bundle_dir.name + end) for end in (".partial", ".old"))
    for folder in (staging, old):
        shutil.rmtree(folder, ignore_errors=True)
    staging.mkdir(parents=True)
    bundle = _write_float32(runs_dir, staging)
    bundle = choose_precision(bundle, packed_dir)
    bundle = choose_category_weights(bundle, packed_dir)
    bundle = choose_threshold(bundle, packed_dir)
    bundle = tell_training_photos(bundle, packed_dir)
    write_bundle(bundle)
    _remove_unlisted(bundle)
    if bundle_dir.exists():
        for path in bundle_dir.glob("*.md"):  # a model card outlives its bundle
            shutil.copy2(path, staging)
        bundle_dir.rename(old)
    staging.rename(bundle_dir)
    shutil.rmtree(old, ignore_errors=True)
    return replace(bundle, folder=bundle_dir)


def tell_training_photos(bundle: Bundle, packed_dir: Path) -> Bundle:
    """Say of every network how many photos it was trained on."""
    from preprocessing.packing import load_packed

    counts = {one: len(load_packed(packed_dir, one, "train")) for one in bundle.categories}

    def told(file: NetworkFile) -> NetworkFile:
        photos = counts.get(file.category, sum(counts.values()))
        return replace(file, training={"photos": photos, **file.training})

    return replace(
        bundle,
        router=told(bundle.router),
        colorizers={
            architecture: {category: told(file) for category, file in table.items()}
            for architecture, table in bundle.colorizers.items()
        },
        training=[told(file) for file in bundle.training],
    )


def _write_float32(runs_dir: Path, folder: Path) -> Bundle:
    """Write router, colorizers and what training goes on from, all in float32."""
    from training.checkpoints import weights_sha256

    router_dir = runs_dir / "classifier" / "mobilenet_v2"
    router, router_facts = _load_run(router_dir)
    encoder_sha256 = weights_sha256(router.get_layer("encoder"))
    router_file = _write_network(
        _with_features(router), folder, "router.onnx", ROUTER_OUTPUTS, router_facts, category="all"
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
    categories = tuple(router_facts["categories"])
    return Bundle(
        folder=folder,
        categories=categories,
        category_weights=(1.0,) * len(categories),
        encoder_sha256=encoder_sha256,
        unsure_below=0.0,
        default="shared_encoder" if "shared_encoder" in colorizers else min(colorizers),
        router=router_file,
        colorizers=colorizers,
        training=training,
    )


def _load_run(run_dir: Path) -> "tuple[keras.Model, dict[str, Any]]":
    """The network of a run that is to be shipped, and what the run folder says about it."""
    from training.checkpoints import chosen_checkpoint, load_checkpoint
    from training.runs import read_config

    path = chosen_checkpoint(run_dir)
    network = load_checkpoint(path, with_optimizer=False)  # a third of the size
    versions = json.loads((run_dir / "versions.json").read_text())
    return network, {**read_config(run_dir), "versions": versions, "checkpoint": path.name}


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
    start = Path(facts.get("init") or facts.get("weights") or "random weights").name
    return NetworkFile(
        file=name,
        sha256=file_sha256(folder / name),
        architecture=facts.get("architecture") or facts["backbone"],
        category=category,
        short_side=facts.get("run_px", ROUTER_SIDE_PX),
        precision="float32",
        training={"start": start, **{key: facts[key] for key in keys if key in facts}},
    )


def _write_keras(network: "keras.Model", folder: Path, name: str, like: NetworkFile) -> NetworkFile:
    """Write a network without its optimizer, for training to go on from."""
    with cli.written_aside(folder / name) as side:
        network.save(side)
    return replace(like, file=name, sha256=file_sha256(folder / name))


def _remove_unlisted(bundle: Bundle) -> None:
    """Remove the precision that was not chosen."""
    listed = {file.file for table in bundle.colorizers.values() for file in table.values()}
    listed |= {file.file for file in (bundle.router, *bundle.training)}
    for path in bundle.folder.rglob("*.onnx"):
        if path.relative_to(bundle.folder).as_posix() not in listed:
            path.unlink()


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
