"""Train, validation or test by hash of content: disjoint, and stable as photos are added.

Near-duplicates count as one photo, so no photo is trained on while its twin is tested on. An
assignment once made is kept: the caller stores it and hands it back.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

SPLITS = ("train", "val", "test")
SHARES = {"train": 0.8, "val": 0.1, "test": 0.1}
NEAR_BITS = 20  # of 256 bits of the difference hash; ours: re-encodings differ in fewer, bursts too


def split_of(sha256: str) -> str:
    """The split of a photo that stands alone, from the first 64 bits of its content hash."""
    position = int(sha256[:16], 16) / 2**64
    if position < SHARES["test"]:
        return "test"
    return "val" if position < SHARES["test"] + SHARES["val"] else "train"


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
        so belongs nowhere.
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


def near_duplicate_groups(hashes: NDArray[np.uint64]) -> list[list[int]]:
    """Indices 0 .. n-1 in groups: linked where difference hashes differ in `NEAR_BITS` or fewer.

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
        distance = np.bitwise_count(hashes[i + 1 :] ^ hashes[i]).sum(axis=1)
        for j in np.flatnonzero(distance <= NEAR_BITS):
            parent[root(i + 1 + int(j))] = root(i)
    groups: dict[int, list[int]] = {}
    for i in range(len(hashes)):
        groups.setdefault(root(i), []).append(i)
    return list(groups.values())
