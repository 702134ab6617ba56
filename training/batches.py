"""Packed photos -> endless, shuffled uint8 batches whose order depends on seed and step alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from basics.errors import DataError
from preprocessing.packing import has_any, load_packed, training_folders
from training.augment import Augmentation, unchanged

Batch = tuple[dict[str, NDArray]]  # what Keras takes for inputs without targets
NO_CATEGORY = -1  # the label of a photo of `any`: `keras.ops.one_hot` makes zeros of it


@dataclass(frozen=True, kw_only=True)
class PhotoSet:
    """The photos of one split of some categories.

    Attributes:
        arrays: per category (n, 256, 256, 3) uint8, memory-mapped; that of `any` last, if at all.
        labels: (total,) category index of each photo, or `NO_CATEGORY`.
        rows: (total,) its row in the array of its category; a photo that is to be shown more often
            than others has as many places.
        beside: by name, what else rides along with each photo: arrays like `arrays`.
    """

    arrays: tuple[NDArray[np.uint8], ...]
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]
    beside: Mapping[str, tuple[NDArray, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many photos a round shows."""
        return len(self.labels)

    def repeat_first(self, counts: Sequence[int], times: int) -> "PhotoSet":
        """The same photos, of which the first few of each array are shown more often.

        Args:
            counts: how many of each, in the order of `arrays`.
            times: how often they are shown for each time that another is.
        """
        often = self.rows < np.array(counts)[self.labels]  # that of `any` is the last one
        repeats = np.where(often, times, 1)
        labels, rows = np.repeat(self.labels, repeats), np.repeat(self.rows, repeats)
        return replace(self, labels=labels, rows=rows)

    def some(self, most: int) -> "PhotoSet":
        """Up to `most` of the photos, drawn evenly, so that each array gives its share."""
        places = np.unique(np.linspace(0, len(self) - 1, min(most, len(self))).astype(np.int64))
        return replace(self, labels=self.labels[places], rows=self.rows[places])

    def take(self, indices: NDArray[np.int64]) -> NDArray[np.uint8]:
        """(k,) indices -> (k, 256, 256, 3) uint8."""
        return self._rows_of(self.arrays, indices)

    def batch(self, indices: NDArray[np.int64]) -> dict[str, NDArray]:
        """{"rgb": as `take`, "labels": (k,) int32}, and what is `beside`, for any task to use."""
        return {
            "rgb": self.take(indices),
            "labels": self.labels[indices].astype(np.int32),
            **{name: self._rows_of(arrays, indices) for name, arrays in self.beside.items()},
        }

    def _rows_of(self, arrays: tuple[NDArray, ...], indices: NDArray[np.int64]) -> NDArray:
        return np.stack([arrays[self.labels[i]][self.rows[i]] for i in indices])


def load_photos(
    packed_dir: Path, categories: Sequence[str], split: str, *, with_any: bool = False
) -> PhotoSet:
    """Open one split of some categories.

    Args:
        packed_dir: what `python -m preprocessing` wrote.
        categories: in the order of their labels.
        split: such as "train".
        with_any: take the photos without category too, if any were packed; for "train" only.

    Raises:
        DataError: a category was never packed, or there is no photo in all of them.
    """
    is_any = with_any and split == "train" and has_any(packed_dir)
    names = training_folders(categories, with_any=is_any)
    arrays = tuple(load_packed(packed_dir, name, split) for name in names)
    indices = [*range(len(categories)), NO_CATEGORY]  # the last array is that of `any`, by -1 too
    counts = [len(array) for array in arrays]
    if sum(counts) == 0:
        raise DataError(
            f"no {split} photo of {', '.join(categories)}", packed_dir, "add photos and pack again"
        )
    return PhotoSet(
        arrays=arrays,
        labels=np.repeat(indices[: len(arrays)], counts),
        rows=np.concatenate([np.arange(count) for count in counts]),
    )


def load_splits(
    packed_dir: Path, categories: Sequence[str], *, with_any: bool = False
) -> tuple[PhotoSet, PhotoSet]:
    """The photos for training and those for validation; see `load_photos`."""
    train = load_photos(packed_dir, categories, "train", with_any=with_any)
    return train, load_photos(packed_dir, categories, "val")


def training_batches(
    photos: PhotoSet,
    *,
    batch_size: int,
    seed: int,
    start_step: int,
    augmentation: Augmentation,
) -> Iterator[Batch]:
    """Yield batches for ever: each photo once per round, every round newly shuffled.

    A batch is a pure function of `seed` and its step, so a resumed run sees what an unbroken one
    would have seen.

    Yields:
        ({"rgb": (B, 256, 256, 3) uint8, "labels": (B,) int32, "crops": (B, 4) float32,
        "tone_curves": (B, 3) float32, and what else `augmentation` draws and is beside photos},)
    """
    step = start_step
    while True:
        positions = np.arange(step * batch_size, (step + 1) * batch_size)
        rounds, places = np.divmod(positions, len(photos))
        orders = {r: np.random.default_rng([seed, r]).permutation(len(photos)) for r in set(rounds)}
        indices = np.array([orders[r][p] for r, p in zip(rounds, places, strict=True)])
        rng = np.random.default_rng([seed, step, 1])
        yield ({**photos.batch(indices), **augmentation.draw(rng, batch_size)},)
        step += 1


class ValidationBatches(keras.utils.PyDataset):
    """Every photo once, whole, in order; the last batch may be short."""

    def __init__(self, photos: PhotoSet, *, batch_size: int) -> None:
        """Read from `photos` in batches of `batch_size`."""
        super().__init__()
        self.photos, self.batch_size = photos, batch_size

    def __len__(self) -> int:
        """How many batches there are."""
        return -(-len(self.photos) // self.batch_size)

    def __getitem__(self, batch: int) -> Batch:
        """One batch, in the form of `training_batches`."""
        start = batch * self.batch_size
        indices = np.arange(start, min(start + self.batch_size, len(self.photos)))
        return ({**self.photos.batch(indices), **unchanged(len(indices))},)
