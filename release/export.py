"""Trained networks -> the bundle that colours photos: python -m release.export runs pretrained

Reads RUNS_DIR/classifier/<encoder> and RUNS_DIR/colorizers/*/*, writes ONNX files and
bundle.json. A category whose best network on validation is still the universal one gets none of its
own. A colorizer is stored in int8 where that costs less than 0.1 dB of PSNR on the
validation split, else in float32.
"""

import argparse
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from basics import cli
from basics.errors import CheckpointError, ConfigError
from basics.names import require_name
from pipeline.engine.bundle import FEATURES, UNIVERSAL, Bundle, ModelEntry
from pipeline.engine.bundle_file import read_bundle, read_verified, write_bundle
from release.packaging import (
    load_run,
    remove_unlisted,
    require_encoder,
    write_colorizer,
    write_router,
)
from release.starting_weights import write_start

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)


def export(runs_dir: Path, bundle_dir: Path, packed_dir: Path, keep: Sequence[str] = ()) -> Bundle:
    """Export every trained network below `runs_dir`; replaces `bundle_dir` when all is done.

    Args:
        runs_dir: run folders of classifier and colorizers.
        bundle_dir: where the bundle goes.
        packed_dir: what `python -m preprocessing` wrote, for all that validation decides.
        keep: architectures whose files are taken over from the bundle that is there.

    Raises:
        CheckpointError: there is no router or no universal colorizer, or a decoder was trained on
            another encoder than the router's.
        ConfigError: an architecture to keep is not in the bundle that is there, or has runs, too.
    """
    from evaluation.saturations import choose_modes
    from release.confidences import choose_confidences
    from release.precision import choose_precision, choose_router_precision
    from release.selection import choose_blend

    kept = read_bundle(bundle_dir) if keep else None
    if kept is not None:
        _require_keepable(kept, keep, runs_dir)
    staging, old = (bundle_dir.with_name(bundle_dir.name + end) for end in (".partial", ".old"))
    for folder in (staging, old):
        shutil.rmtree(folder, ignore_errors=True)
    staging.mkdir(parents=True)
    bundle = write_float32(runs_dir, staging)
    if kept is not None:
        _require_encoders(bundle, kept, keep)
    bundle = choose_router_precision(bundle, packed_dir)
    bundle = choose_precision(bundle, packed_dir)
    if kept is not None:
        bundle = take_over(bundle, kept, keep)
    bundle = choose_confidences(bundle, packed_dir)
    bundle = choose_blend(bundle, packed_dir)
    bundle = choose_modes(bundle, packed_dir)
    bundle = tell_training_photos(bundle, packed_dir)
    write_bundle(bundle)
    remove_unlisted(bundle)
    if bundle_dir.exists():
        for path in bundle_dir.glob("*.md"):  # a model card outlives its bundle
            shutil.copy2(path, staging)
        bundle_dir.rename(old)
    staging.rename(bundle_dir)
    shutil.rmtree(old, ignore_errors=True)
    return replace(bundle, folder=bundle_dir)


def take_over(bundle: Bundle, old: Bundle, architectures: Sequence[str]) -> Bundle:
    """Copy all networks of some architectures out of another bundle, with what it says of them.

    Raises:
        CheckpointError: a file is damaged.
    """
    colorizers, training = dict(bundle.colorizers), [*bundle.training]
    for architecture in architectures:
        colorizers[architecture] = old.colorizers[architecture]
        starts = [file for file in old.training if file.architecture == architecture]
        training += starts
        for file in (*colorizers[architecture].values(), *starts):
            path = bundle.folder / file.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(read_verified(old.folder, file))
    default = _default(colorizers)
    return replace(bundle, colorizers=colorizers, training=training, default=default)


def _require_keepable(old: Bundle, architectures: Sequence[str], runs_dir: Path) -> None:
    """Raise `ConfigError` where the old bundle lacks an architecture, or it has runs, too."""
    for one in architectures:
        require_name(one, list(old.colorizers), what="colorizer", where="--keep")
        if any((runs_dir / "colorizers" / one).glob("*")):
            raise ConfigError(
                f"there are runs of {one!r}, too", "--keep", "leave it out, or the runs"
            )


def _require_encoders(bundle: Bundle, old: Bundle, architectures: Sequence[str]) -> None:
    """Raise `CheckpointError` where what is kept needs another encoder than the new router's."""
    for one in architectures:
        starts = [file for file in old.training if file.architecture == one]
        for file in (*old.colorizers[one].values(), *starts):
            facts = {"encoder_sha256": file.encoder_sha256}
            fix = f"leave out: --keep {one}"
            require_encoder(facts, bundle.encoder_sha256, where=old.folder, fix=fix)


def _default(colorizers: Mapping[str, Mapping[str, ModelEntry]]) -> str:
    """The architecture that colours: the first by name on the router's encoder, if there is one."""
    fed = [name for name, files in colorizers.items() if FEATURES in files[UNIVERSAL].inputs]
    return min(fed or colorizers)


def tell_training_photos(bundle: Bundle, packed_dir: Path) -> Bundle:
    """Say of every network how many photos it was trained on, where its run does not."""
    from preprocessing.packing import load_packed

    def with_photos(file: ModelEntry) -> ModelEntry:
        photos = sum(len(load_packed(packed_dir, one, "train")) for one in bundle.taught_by(file))
        return replace(file, training={"photos": photos, **file.training})

    return replace(
        bundle,
        router=with_photos(bundle.router),
        colorizers={
            architecture: {category: with_photos(file) for category, file in table.items()}
            for architecture, table in bundle.colorizers.items()
        },
        training=[with_photos(file) for file in bundle.training],
    )


def find_router(runs_dir: Path) -> Path:
    """The run folder of the router: the one classifier on an encoder that colorizers can share.

    Raises:
        ConfigError: there are several.
    """
    from training.encoders.table import NAMES, USUAL

    folders = [runs_dir / "classifier" / name for name in NAMES]
    found = [one for one in folders if (one / "config.json").is_file()]
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        fix = "move all but the one with the colorizers' encoder elsewhere"
        raise ConfigError(f"several routers: {names}", runs_dir / "classifier", fix)
    return found[0] if found else runs_dir / "classifier" / USUAL


def write_float32(runs_dir: Path, folder: Path) -> Bundle:
    """Write router, colorizers and what training goes on from, all in float32."""
    router_dir = find_router(runs_dir)
    router, router_facts = load_run(router_dir, halved=True)
    encoder_sha256 = router_facts["encoder_sha256"]
    router_file, router_start = write_router(router, router_facts, folder)
    training = [router_start]
    colorizers: dict[str, dict[str, ModelEntry]] = {}
    universal: dict[str, keras.Model] = {}  # by architecture
    folders = sorted((runs_dir / "colorizers").glob("*/*"), key=lambda one: one.name != UNIVERSAL)
    for run_dir in cli.progress(folders, "exporting"):
        network, facts = load_run(run_dir, halved=True)
        architecture, category = facts["architecture"], facts["category"]
        fix = f"train it anew with --encoder {router_dir}"
        require_encoder(facts, encoder_sha256, where=run_dir, fix=fix)
        if architecture in universal and _are_alike(network, universal[architecture]):
            log.info("%s: training on has not helped, the universal one colours it", category)
            continue
        file = write_colorizer(network, facts, folder)
        colorizers.setdefault(architecture, {})[category] = file
        if category == UNIVERSAL:
            universal[architecture] = network
            start = write_start(network, facts, folder, f"{architecture}_{UNIVERSAL}", file)
            training.append(start)
    for architecture, files in colorizers.items():
        if UNIVERSAL not in files:
            raise CheckpointError(
                f"no universal colorizer of {architecture!r}",
                runs_dir / "colorizers" / architecture,
                f"run: python -m colorizers.train universal --architecture {architecture}",
            )
    if not colorizers:
        raise CheckpointError("no trained colorizer", runs_dir / "colorizers", "train one first")
    colorizers = {name: dict(sorted(colorizers[name].items())) for name in sorted(colorizers)}
    categories = tuple(router_facts["categories"])
    return Bundle(
        folder=folder,
        categories=categories,
        category_weights=(1.0,) * len(categories),
        encoder_sha256=encoder_sha256,
        fallback_threshold=0.0,
        default=_default(colorizers),
        router=router_file,
        colorizers=colorizers,
        training=training,
    )


def _are_alike(network: "keras.Model", other: "keras.Model") -> bool:
    """Whether two networks of one architecture have the same weights."""
    pairs = zip(network.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(one, two) for one, two in pairs)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "release.export")
    parser.add_argument("runs_dir", type=Path, help="run folders of classifier and colorizers")
    parser.add_argument("bundle_dir", type=Path, help="where the bundle goes, replacing an old one")
    parser.add_argument(
        "--packed-dir", type=Path, default=Path("data/packed"), help="photos to measure on"
    )
    parser.add_argument(
        "--keep",
        nargs="*",
        default=[],
        metavar="ARCHITECTURE",
        help="colorizers to take over from the old bundle, where they have no runs",
    )
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    bundle = export(args.runs_dir, args.bundle_dir, args.packed_dir, args.keep)
    cli.print_lines([bundle.folder / "bundle.json"])
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
