"""One more category in a bundle: its colorizer is trained, measured and listed.

The new file lies in the bundle's folder under a name of its own before bundle.json lists it, and
what is listed no longer goes last: a kill at any moment leaves the old bundle or the new one.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from basics.errors import DataError
from basics.files import write_all
from colorizers.config import ColorizerConfig
from pipeline.engine.bundle import FEATURES, UNIVERSAL, Bundle, ModelEntry
from pipeline.engine.bundle_file import file_sha256, read_bundle, read_verified, write_bundle
from release.config import CategoryConfig
from release.packaging import load_run, mark_of, remove_unlisted, require_encoder, write_colorizer
from release.recipe.schedule import DECODER
from release.starting_weights import encoder_of

if TYPE_CHECKING:
    from preprocessing.inventory import Row

log = logging.getLogger(__name__)

SCHEDULE = ("epochs", "steps_per_epoch", "batch_size", "size", "policy")  # may be asked for


def add_category(category: str, config: CategoryConfig) -> Path:
    """Train, measure and add one category whose photos are packed.

    Returns:
        The path of its table.

    Raises:
        CheckpointError: the bundle cannot be used, or a run folder holds another run.
    """
    import keras

    from colorizers.train import train

    bundle = read_bundle(config.bundle_dir)
    keras.backend.clear_session()
    run_dir = train(colorizer_config(bundle, category, config)).parent
    table = config.results_dir / f"category_{category}.csv"
    added = find_added(bundle, run_dir)
    if added is not None and table.is_file():
        log.info("%s: measured and added already", category)
        return table
    file = added or stage_colorizer(bundle, run_dir, config.packed_dir)
    measure(bundle, file, config.packed_dir, table)
    add_colorizer(config.bundle_dir, file)
    log.info("%s: in %s as %s", category, config.bundle_dir, file.file)
    return table


def colorizer_config(bundle: Bundle, category: str, config: CategoryConfig) -> ColorizerConfig:
    """A decoder that starts from the universal one of the bundle, and so on its encoder.

    Raises:
        CheckpointError: the bundle ships no universal decoder to go on from, or a damaged one.
    """
    start = find_start(bundle)
    settings = {name: getattr(config, name) for name in SCHEDULE}
    run_dir = config.runs_dir / "categories" / category  # apart from those of the recipe
    return ColorizerConfig(
        category=category,
        packed_dir=config.packed_dir,
        run_dir=run_dir,
        architecture=start.architecture,
        backbone=bundle.router.architecture,
        encoder=_encoder_begun_with(bundle, run_dir) or encoder_of(bundle, start),
        init=bundle.folder / start.file,
        **{**DECODER, **settings},
    )


def _encoder_begun_with(bundle: Bundle, run_dir: Path) -> Path | None:
    """The router's file that a run began with, if its encoder is the bundle's: to go on with.

    A router that learnt a category since has another name, and the same encoder.
    """
    from training.checkpoints import latest_checkpoint
    from training.runs import read_config

    if latest_checkpoint(run_dir) is None:
        return None
    begun = read_config(run_dir)
    is_same = begun.get("encoder_sha256") == bundle.encoder_sha256 and begun.get("encoder")
    return Path(begun["encoder"]) if is_same else None


def find_start(bundle: Bundle) -> ModelEntry:
    """The universal decoder that a category starts from: the usual one on the router's encoder.

    Raises:
        CheckpointError: the bundle ships none, or a damaged one.
    """
    on_encoder = [
        name for name, table in bundle.colorizers.items() if FEATURES in table[UNIVERSAL].inputs
    ]
    usual = min(on_encoder, key=lambda name: (name != bundle.default, name), default=bundle.default)
    start = bundle.find_initial(usual, UNIVERSAL)
    read_verified(bundle.folder, start)
    return start


def measure(bundle: Bundle, file: ModelEntry, packed_dir: Path, path: Path) -> None:
    """Measure a colorizer on its category's test split; the table goes to `path` and the log."""
    from evaluation.evaluate import summarize
    from evaluation.harness import score_category
    from pipeline.colorizer import Colorizer

    table = summarize(score_category(Colorizer(bundle), file, packed_dir))
    table = table[table["category"] != "all"]
    write_all(path.parent, {path.name: table})
    log.info("%s", table.to_string(index=False))


def require_photos(rows: "Sequence[Row]", category: str, raw_dir: Path) -> None:
    """Check that a category has photos in each split.

    Raises:
        DataError: it has none in one of them.
    """
    from preprocessing.split import SPLITS

    counts = Counter(row.result for row in rows if row.file.startswith(f"{category}/"))
    if all(counts[split] for split in SPLITS):
        return
    found = ", ".join(f"{counts[split]} {split}" for split in SPLITS)
    raise DataError(
        f"too few photos of {category!r}: {found}",
        raw_dir / category,
        f"add photos, a hundred at least ({counts.total()} files are there), or a greater --count",
    )


def find_added(bundle: Bundle, run_dir: Path) -> ModelEntry | None:
    """The bundle's file of the very network that a run ships; None if it has none."""
    from training.checkpoints import chosen_checkpoint

    sha256 = file_sha256(chosen_checkpoint(run_dir))
    found = (one for one in bundle.entries if one.training.get("checkpoint_sha256") == sha256)
    return next(found, None)


def stage_colorizer(bundle: Bundle, run_dir: Path, packed_dir: Path) -> ModelEntry:
    """Write the network of a run into the bundle's folder, where nothing lists it yet.

    Returns:
        The file, int8 or float32, with its figures on the validation split.

    Raises:
        CheckpointError: there is no such run, or its decoder was trained on another encoder.
    """
    from pipeline.colorizer import Colorizer
    from release.precision import smaller_if_as_good

    network, facts = load_run(run_dir)
    fix = "remove that folder and give the command again"
    require_encoder(facts, bundle.encoder_sha256, where=run_dir, fix=fix)
    file = write_colorizer(network, facts, bundle.folder, mark=mark_of(facts))
    return smaller_if_as_good(Colorizer(bundle), file, packed_dir)


def add_colorizer(bundle_dir: Path, file: ModelEntry) -> Bundle:
    """List a staged file in bundle.json, in place of the category's earlier one.

    Raises:
        CheckpointError: the bundle cannot be used, or the file is damaged.
    """
    read_verified(bundle_dir, file)
    bundle = read_bundle(bundle_dir)
    table = {**bundle.colorizers.get(file.architecture, {}), file.category: file}
    bundle = replace(bundle, colorizers={**bundle.colorizers, file.architecture: table})
    write_bundle(bundle)
    remove_unlisted(bundle)
    return bundle
