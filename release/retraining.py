"""The router learns the categories that were added to its bundle.

Only its head is trained. The encoder stays bit for bit what it is, for every decoder of the bundle
was trained on it.
"""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from basics.errors import CheckpointError
from classifier.config import ClassifierConfig
from pipeline.engine.bundle import ROUTER, Bundle
from pipeline.engine.bundle_file import read_bundle, read_verified, write_bundle
from release.packaging import load_run, mark_of, remove_unlisted, write_router

log = logging.getLogger(__name__)


def retrain_router(bundle_dir: Path, packed_dir: Path, runs_dir: Path, *, head_epochs: int) -> None:
    """Make every category with a colorizer known to the router, where all photos are there.

    Does nothing, and says why, where photos are missing or nothing is unknown.

    Raises:
        CheckpointError: the bundle cannot be used, or ships no router to go on training from.
    """
    from classifier.train import train
    from release.confidences import choose_confidences
    from release.precision import choose_router_precision
    from release.selection import choose_blend

    bundle = read_bundle(bundle_dir)
    unknown = bundle.unknown_to_router
    missing = without_photos(packed_dir, (*bundle.categories, *unknown))
    if not unknown:
        log.info("the router knows every category of %s", bundle_dir)
        return
    if missing:
        log.info("the router is not retrained: no photos of %s", ", ".join(missing))
        log.info("until it is, only --category reaches %s", ", ".join(unknown))
        return
    log.info("retraining the router's head: it learns %s", ", ".join(unknown))
    config = head_config(bundle, packed_dir, runs_dir, head_epochs=head_epochs)
    router, facts = load_run(train(config).parent)
    if facts["encoder_sha256"] != bundle.encoder_sha256:
        raise CheckpointError(
            "the bundle's own router has another encoder to train on than to colour with",
            bundle_dir,
            "export the bundle anew: python -m release.export RUNS_DIR BUNDLE_DIR",
        )
    file, start = write_router(router, facts, bundle_dir, mark=mark_of(facts))
    others = [one for one in bundle.training if one.category != ROUTER]
    bundle = replace(
        bundle, categories=tuple(facts["categories"]), router=file, training=[start, *others]
    )
    bundle = choose_router_precision(bundle, packed_dir)
    bundle = choose_confidences(bundle, packed_dir)
    bundle = choose_blend(bundle, packed_dir)
    write_bundle(bundle)
    remove_unlisted(bundle)


def without_photos(packed_dir: Path, categories: Sequence[str]) -> list[str]:
    """The categories that cannot be trained on: no photo for training, or none for validation."""
    from preprocessing.packing import load_packed

    def has(category: str, split: str) -> bool:
        path = packed_dir / category / f"{split}.npy"
        return path.is_file() and len(load_packed(packed_dir, category, split)) > 0

    return [one for one in categories if not (has(one, "train") and has(one, "val"))]


def head_config(
    bundle: Bundle, packed_dir: Path, runs_dir: Path, *, head_epochs: int
) -> ClassifierConfig:
    """A new head on the bundle's encoder; it starts from what the old one knows.

    Other photos or another router make another run, in a folder of its own.

    Raises:
        CheckpointError: the bundle ships no router to go on training from, or a damaged one.
    """
    from preprocessing.packing import load_packed

    start = bundle.find_initial(bundle.router.architecture, ROUTER)
    read_verified(bundle.folder, start)
    categories = (*bundle.categories, *bundle.unknown_to_router)
    counts = {one: len(load_packed(packed_dir, one, "train")) for one in categories}
    text = json.dumps([start.sha256, counts])
    name = f"{start.architecture}_head-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    return ClassifierConfig(
        packed_dir=packed_dir,
        run_dir=runs_dir / "classifier" / name,
        backbone=start.architecture,
        encoder=bundle.folder / start.file,
        known=bundle.categories,
        categories=categories,
        head_epochs=head_epochs,
        epochs=0,
    )
