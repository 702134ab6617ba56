"""Train, validation or test by content hash: disjoint, and stable as photos are added.

Near-duplicates count as one photo, so no photo is trained on while a copy of it is tested on.
An assignment once made is kept: the caller stores it and passes it in.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

SPLITS = ("train", "val", "test")
FRACTIONS = {"train": 0.8, "val": 0.1, "test": 0.1}
NEAR_BITS = 20  # of 256 bits of the difference hash; ours: re-encodings differ in fewer, bursts too


def split_of(sha256: str) -> str:
    """The split of a photo without near-duplicates, from the first 64 bits of its content hash."""
    position = int(sha256[:16], 16) / 2**64
    if position < FRACTIONS["test"]:
        return "test"
    return "val" if position < FRACTIONS["test"] + FRACTIONS["val"] else "train"


def assign_splits(
    sha256s: Sequence[str], hashes: NDArray[np.uint64], stored: Mapping[str, str]
) -> dict[str, str | None]:
    """Assign each photo to a split.

    Args:
        sha256s: content hashes of n photos.
        hashes: (n, 4) uint64 difference hashes, in the same order.
        stored: earlier assignments, sha256 to split; they are kept as they are.

    Returns:
        sha256 to split; None for a new photo that is near to stored photos of different splits, and
        so is left out.
    """
    assigned: dict[str, str | None] = {}
    for group in near_duplicate_groups(hashes):
        members = [sha256s[i] for i in group]
        kept = {stored[sha] for sha in members if sha in stored}
        if len(kept) > 1:
            split = None
        elif kept:
            split = kept.pop()
        else:
            split = split_of(min(members))
        assigned.update({sha: stored.get(sha, split) for sha in members})
    return assigned


def are_near(hashes: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """(n, 4) and (4,) uint64 -> (n,): is the Hamming distance at most `NEAR_BITS`."""
    return np.bitwise_count(hashes ^ other).sum(axis=1) <= NEAR_BITS


def near_duplicate_groups(hashes: NDArray[np.uint64]) -> list[list[int]]:
    """Indices 0 .. n-1 in groups: the connected components of the photos that are near.

    Args:
        hashes: (n, 4) uint64.
    """
    parent = list(range(len(hashes)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i in range(len(hashes) - 1):
        for j in np.flatnonzero(are_near(hashes[i + 1 :], hashes[i])):
            parent[root(i + 1 + int(j))] = root(i)
    groups: dict[int, list[int]] = {}
    for i in range(len(hashes)):
        groups.setdefault(root(i), []).append(i)
    return list(groups.values())
