"""Photos that count as one: copies in another size or compression, bursts, mirror images."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

NEAR_BITS = 20  # of 256 bits of the difference hash; ours: re-encodings differ in fewer, bursts too


def are_near(hashes: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """(n, 4) and (4,) uint64 -> (n,): is the Hamming distance at most `NEAR_BITS`."""
    return np.bitwise_count(hashes ^ other).sum(axis=1) <= NEAR_BITS


def near_duplicate_groups(
    hashes: NDArray[np.uint64], mirrored: NDArray[np.uint64] | None = None
) -> list[list[int]]:
    """Indices 0 .. n-1 in groups: the connected components of the photos that are near.

    Args:
        hashes: (n, 4) uint64.
        mirrored: (n, 4) uint64, those of the mirrored photos; None: mirror images count as others.
    """
    parent = list(range(len(hashes)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, found in _near_later(hashes, mirrored):
        for j in found:
            parent[root(int(j))] = root(i)
    groups: dict[int, list[int]] = {}
    for i in range(len(hashes)):
        groups.setdefault(root(i), []).append(i)
    return list(groups.values())


def _near_later(
    hashes: NDArray[np.uint64], mirrored: NDArray[np.uint64] | None
) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """For each photo the later ones that are near to it, as they are or mirrored.

    n (n - 1) / 2 pairs: 40,000 photos take seconds, for half of the bits suffices to part nearly
    all, and each word of all photos lies in one piece.
    """
    words = np.ascontiguousarray(hashes.T)
    turned = None if mirrored is None else np.ascontiguousarray(mirrored.T)
    for i in range(len(hashes) - 1):
        found = [_near(words[:, i + 1 :], hashes[i])]
        if mirrored is not None and turned is not None:  # flat cells make the two differ by a bit
            found.append(_near(turned[:, i + 1 :], hashes[i]))
            found.append(_near(words[:, i + 1 :], mirrored[i]))
        yield i, np.concatenate(found) + i + 1


def _near(words: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.intp]:
    """(4, n) and (4,) uint64 -> indices of the n that are near."""
    distance = np.bitwise_count(words[0] ^ other[0])
    distance += np.bitwise_count(words[1] ^ other[1])  # of 128 bits: fits into uint8
    near = np.flatnonzero(distance <= NEAR_BITS)
    return near[are_near(words[:, near].T, other)] if len(near) else near
