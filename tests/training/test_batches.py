import math
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basics.errors import DataError
from training.augment import Augmentation, whole_crops
from training.batches import (
    NO_CATEGORY,
    PhotoSet,
    ValidationBatches,
    load_photos,
    load_splits,
    training_batches,
)

counts_per_category = st.lists(st.integers(0, 5), min_size=1, max_size=4).filter(any)
batch_sizes = st.integers(1, 9)
seeds = st.integers(0, 2**31)


def photo_set(counts: list[int]) -> PhotoSet:
    """Photos of one pixel: red is the category's index, green the row."""
    arrays = [
        np.array([[[[label, row, 0]]] for row in range(count)], np.uint8).reshape(-1, 1, 1, 3)
        for label, count in enumerate(counts)
    ]
    return PhotoSet(
        arrays=tuple(arrays),
        labels=np.repeat(np.arange(len(counts)), counts),
        rows=np.concatenate([np.arange(count) for count in counts]),
    )


def batches(photos: PhotoSet, n: int, *, batch_size: int, seed: int, start_step: int = 0) -> list:
    options = {"batch_size": batch_size, "seed": seed, "start_step": start_step}
    endless = training_batches(photos, **options, augmentation=Augmentation(smallest_px=128))
    return [inputs for (inputs,) in islice(endless, n)]


def names(found: list) -> list[tuple[int, ...]]:
    """The photos that batches hold, in their order."""
    return [tuple(rgb[0][0]) for inputs in found for rgb in inputs["rgb"].tolist()]


@settings(max_examples=40)
@given(counts_per_category, batch_sizes, seeds)
def test_each_photo_comes_once_per_round(counts, batch_size, seed):
    photos = photo_set(counts)
    n = len(photos)
    every = sorted((label, row, 0) for label, count in enumerate(counts) for row in range(count))
    shown = names(
        batches(photos, math.lcm(n, batch_size) // batch_size, batch_size=batch_size, seed=seed)
    )
    assert len(shown) % n == 0
    for start in range(0, len(shown), n):
        assert sorted(shown[start : start + n]) == every


@settings(max_examples=40)
@given(counts_per_category, batch_sizes, seeds, st.integers(0, 12))
def test_a_batch_depends_on_seed_and_step_alone(counts, batch_size, seed, step):
    photos = photo_set(counts)
    unbroken = batches(photos, step + 2, batch_size=batch_size, seed=seed)[step:]
    resumed = batches(photos, 2, batch_size=batch_size, seed=seed, start_step=step)
    for inputs, again in zip(unbroken, resumed, strict=True):
        assert list(inputs) == list(again) == ["rgb", "labels", "crops", "tone_curves"]
        for name, values in inputs.items():
            np.testing.assert_array_equal(values, again[name])


@given(counts_per_category, batch_sizes, seeds)
def test_every_photo_comes_with_the_category_it_belongs_to(counts, batch_size, seed):
    for inputs in batches(photo_set(counts), 3, batch_size=batch_size, seed=seed):
        assert inputs["rgb"].shape == (batch_size, 1, 1, 3)
        assert inputs["rgb"].dtype == np.uint8
        assert inputs["crops"].shape == (batch_size, 4)
        assert inputs["labels"].dtype == np.int32
        np.testing.assert_array_equal(inputs["labels"], inputs["rgb"][:, 0, 0, 0])


@settings(max_examples=15)
@given(counts_per_category, batch_sizes, seeds)
def test_what_is_beside_the_photos_comes_with_them(counts, batch_size, seed):
    photos = photo_set(counts)
    beside = tuple(array[:, 0, 0, :2].astype(np.int8) for array in photos.arrays)
    for inputs in batches(
        replace(photos, beside={"maps": beside}), 3, batch_size=batch_size, seed=seed
    ):
        assert inputs["maps"].dtype == np.int8
        np.testing.assert_array_equal(inputs["maps"], inputs["rgb"][:, 0, 0, :2])


def test_the_first_photos_of_each_category_are_shown_as_often_as_is_said():
    photos = photo_set([3, 2, 2]).repeat_first([2, 0, 1], 4)
    assert len(photos) == 7 + 3 * 3
    (one_round,) = batches(photos, 1, batch_size=len(photos), seed=0)
    often = Counter(name[:2] for name in names([one_round]))
    assert often == {(0, 0): 4, (0, 1): 4, (0, 2): 1, (1, 0): 1, (1, 1): 1, (2, 0): 4, (2, 1): 1}


def test_every_round_and_every_seed_has_an_order_and_crops_of_its_own():
    photos = photo_set([20, 20])
    first, second = batches(photos, 2, batch_size=40, seed=0)
    (other,) = batches(photos, 1, batch_size=40, seed=1)
    assert names([first]) != names([second])
    assert names([first]) != names([other])
    crops = [inputs["crops"].tolist() for inputs in (first, second, other)]
    assert crops[0] != crops[1]
    assert crops[0] != crops[2]


@given(counts_per_category, batch_sizes)
def test_validation_shows_every_photo_once_whole_and_in_order(counts, batch_size):
    photos = photo_set(counts)
    validation = ValidationBatches(photos, batch_size=batch_size)
    found = [validation[i][0] for i in range(len(validation))]
    every = [(label, row, 0) for label, count in enumerate(counts) for row in range(count)]
    assert names(found) == every
    sizes = [len(inputs["labels"]) for inputs in found]
    assert set(sizes[:-1]) <= {batch_size}
    for inputs in found:
        np.testing.assert_array_equal(inputs["crops"], whole_crops(len(inputs["labels"])))
        np.testing.assert_array_equal(inputs["labels"], inputs["rgb"][:, 0, 0, 0])


@pytest.mark.parametrize(("split", "n"), [("train", 8), ("val", 2), ("test", 2)])
def test_packed_photos_are_opened_without_reading_them(packed_photos, split, n):
    photos = load_photos(packed_photos, ["beach", "fruit"], split)
    assert len(photos) == 2 * n
    assert all(isinstance(array, np.memmap) for array in photos.arrays)
    np.testing.assert_array_equal(photos.labels, n * [0] + n * [1])
    np.testing.assert_array_equal(photos.take(np.array([n + 1]))[0], photos.arrays[1][1])


def test_a_category_that_was_never_packed_is_an_error(packed_photos):
    with pytest.raises(DataError, match="no packed photos of 'dog'"):
        load_photos(packed_photos, ["beach", "dog"], "train")


def test_a_split_without_any_photo_is_an_error(tmp_path):
    (tmp_path / "beach").mkdir()
    np.save(tmp_path / "beach" / "val.npy", np.zeros((0, 256, 256, 3), np.uint8))
    with pytest.raises(DataError, match=r"no val photo of beach\n.*\n.*add photos and pack again"):
        load_photos(tmp_path, ["beach"], "val")


@pytest.fixture
def with_any(tmp_path) -> Path:
    """Photos of one category, two of them for training, and three without a category."""
    for name, split, count in (("beach", "train", 2), ("beach", "val", 1), ("any", "train", 3)):
        (tmp_path / name).mkdir(exist_ok=True)
        photos = np.full((count, 256, 256, 3), 9 if name == "any" else 1, np.uint8)
        photos[:, 0, 0, 0] = np.arange(count)
        np.save(tmp_path / name / f"{split}.npy", photos)
    return tmp_path


def test_photos_without_category_are_trained_on_where_they_are_asked_for(with_any):
    train, val = load_splits(with_any, ["beach"], with_any=True)
    assert (len(train), len(val)) == (5, 1)
    batch = train.batch(np.array([4, 0, 2]))
    assert batch["rgb"][:, 0, 0].tolist() == [[2, 9, 9], [0, 1, 1], [0, 9, 9]]
    assert batch["labels"].tolist() == [NO_CATEGORY, 0, NO_CATEGORY]
    assert len(load_splits(with_any, ["beach"])[0]) == 2


def test_a_photo_without_category_is_of_none_in_a_vector_of_categories(with_any):
    labels = load_photos(with_any, ["beach"], "train", with_any=True).labels
    told = keras.ops.one_hot(labels.astype(np.int32), 1)
    assert np.asarray(told).ravel().tolist() == [1, 1, 0, 0, 0]


def test_nothing_is_missed_where_no_photo_is_without_category(packed_photos):
    assert len(load_photos(packed_photos, ["beach"], "train", with_any=True)) == 8
