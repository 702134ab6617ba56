"""Bundles that the tests make out of the tiny one."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.engine.bundle import UNIVERSAL
from pipeline.engine.bundle_file import read_bundle, write_bundle


def copy_with_networks(bundle_dir: Path, folder: Path, categories: Sequence[str]) -> Path:
    """Copy a bundle to `folder`, and let each category have a network of its own.

    Where it has none, the universal one takes its place.
    """
    shutil.copytree(bundle_dir, folder)
    bundle = read_bundle(folder)
    table = bundle.colorizers["shared_encoder"]
    own = {one: replace(table[UNIVERSAL], category=one) for one in categories}
    write_bundle(
        replace(bundle, colorizers={**bundle.colorizers, "shared_encoder": {**own, **table}})
    )
    return folder
