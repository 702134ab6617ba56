"""Train, validation or test by content hash: disjoint, and stable as photos are added.

Near-duplicates count as one photo, so no photo is trained on while a copy of it is tested on.
An assignment once made is kept: the caller stores it and passes it in.

Published figures rest on `val` and `test`. Where those of a category must stay what they are, its
new photos go to `val_more` and `test_more`.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from preprocessing.near_duplicates import near_duplicate_groups

SPLITS = ("train", "val", "test")
FURTHER = {"val": "val_more", "test": "test_more"}
ALL_SPLITS = (*SPLITS, *FURTHER.values())
FRACTIONS = {"train": 0.8, "val": 0.1, "test": 0.1}


def split_of(sha256: str) -> str:
    """The split of a photo without near-duplicates, from the first 64 bits of its content hash."""
    position = int(sha256[:16], 16) / 2**64
    if position < FRACTIONS["test"]:
        return "test"
    return "val" if position < FRACTIONS["test"] + FRACTIONS["val"] else "train"


def assign_splits(
    sha256s: Sequence[str],
    hashes: NDArray[np.uint64],
    stored: Mapping[str, str],
    *,
    mirrored: NDArray[np.uint64] | None = None,
    train_only: Collection[str] = (),
    closed: Collection[str] = (),
) -> dict[str, str | None]:
    """Assign each photo to a split.

    Args:
        sha256s: content hashes of n photos.
        hashes: (n, 4) uint64 difference hashes, in the same order.
        stored: earlier assignments, sha256 to split; they are kept as they are.
        mirrored: (n, 4) uint64 difference hashes of the mirrored photos.
        train_only: content hashes of photos that are for training, or for nothing.
        closed: content hashes of photos that, if they are new, must not enter `val` or `test`.

    Returns:
        sha256 to split; None for a new photo that is left out: it is near to stored photos of
        different splits, or for training only and near to one that is held out.
    """
    train_only, closed = set(train_only), set(closed)
    assigned: dict[str, str | None] = {}
    for group in near_duplicate_groups(hashes, mirrored):
        members = [sha256s[i] for i in group]
        split = _split_of_group(members, stored, train_only)
        for sha in members:
            if sha in stored:
                assigned[sha] = stored[sha]
            elif sha in train_only:
                assigned[sha] = split if split == "train" else None
            else:
                assigned[sha] = FURTHER.get(split or "", split) if sha in closed else split
    return assigned


def _split_of_group(
    members: Sequence[str], stored: Mapping[str, str], train_only: Collection[str]
) -> str | None:
    """The split that new photos of a group of near-duplicates belong to; None: to none."""
    kept = {stored[sha] for sha in members if sha in stored}
    if len(kept) == 1:
        return kept.pop()
    for split, further in FURTHER.items():
        if kept == {split, further}:
            return further
    free = [sha for sha in members if sha not in train_only]
    if kept:
        return None
    return split_of(min(free)) if free else "train"
