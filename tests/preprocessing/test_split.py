import hashlib
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from preprocessing.near_duplicates import NEAR_BITS, near_duplicate_groups
from preprocessing.split import FRACTIONS, SPLITS, assign_splits, split_of

FAR = np.random.default_rng(0).integers(0, 2**64, (40, 4), np.uint64)  # all over 80 bits apart
SHAS = [hashlib.sha256(bytes([i])).hexdigest() for i in range(40)]


def flipped(difference_hash: np.ndarray, n_bits: int) -> np.ndarray:
    """The same hash with its first bits flipped."""
    bits = np.unpackbits(difference_hash.view(np.uint8))
    bits[:n_bits] ^= 1
    return np.packbits(bits).view(np.uint64)


# hashes with near-duplicates among them: few far ones, each with up to 40 bits flipped
near_hashes = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=25).map(
    lambda drawn: np.array([flipped(FAR[i], n) for i, n in drawn], np.uint64).reshape(-1, 4)
)


def test_many_photos_are_split_by_the_fractions():
    counts = Counter(split_of(hashlib.sha256(str(i).encode()).hexdigest()) for i in range(20_000))
    assert counts.keys() == set(SPLITS)
    for split, fraction in FRACTIONS.items():
        assert counts[split] / 20_000 == pytest.approx(fraction, abs=0.01)


@pytest.mark.parametrize(
    ("first_digits", "split"),
    [
        ("0000000000000000", "test"),
        ("1999000000000000", "test"),
        ("199a000000000000", "val"),
        ("3333000000000000", "val"),
        ("3334000000000000", "train"),
        ("ffffffffffffffff", "train"),
    ],
)
def test_the_position_of_the_hash_decides_the_split(first_digits, split):
    assert split_of(first_digits + "f" * 48) == split


@given(near_hashes)
def test_groups_of_near_duplicates_are_a_partition(hashes):
    groups = near_duplicate_groups(hashes)
    assert sorted(index for group in groups for index in group) == list(range(len(hashes)))


@given(near_hashes)
def test_photos_in_different_groups_are_far_apart(hashes):
    groups = near_duplicate_groups(hashes)
    group_of = {index: number for number, group in enumerate(groups) for index in group}
    for i in range(len(hashes)):
        for j in range(i):
            if group_of[i] != group_of[j]:
                assert np.bitwise_count(hashes[i] ^ hashes[j]).sum() > NEAR_BITS


@pytest.mark.parametrize(("n_bits", "n_groups"), [(0, 1), (NEAR_BITS, 1), (NEAR_BITS + 1, 2)])
def test_photos_are_near_up_to_the_stated_number_of_bits(n_bits, n_groups):
    hashes = np.stack([FAR[0], flipped(FAR[0], n_bits)])
    assert len(near_duplicate_groups(hashes)) == n_groups


def test_a_chain_of_near_duplicates_is_one_group():
    hashes = np.stack([flipped(FAR[0], n) for n in (0, 60, 20, 40)] + [FAR[1]])
    assert sorted(map(sorted, near_duplicate_groups(hashes))) == [[0, 1, 2, 3], [4]]


@given(near_hashes)
def test_every_new_photo_gets_one_split_and_its_near_duplicates_the_same(hashes):
    assigned = assign_splits(SHAS[: len(hashes)], hashes, {})
    assert assigned.keys() == set(SHAS[: len(hashes)])
    assert set(assigned.values()) <= set(SPLITS)
    for group in near_duplicate_groups(hashes):
        assert len({assigned[SHAS[i]] for i in group}) == 1


@given(near_hashes, st.data())
def test_no_photo_moves_when_photos_are_added(hashes, data):
    n_first = data.draw(st.integers(0, len(hashes)))
    first = assign_splits(SHAS[:n_first], hashes[:n_first], {})
    stored = {sha: split for sha, split in first.items() if split}
    later = assign_splits(SHAS[: len(hashes)], hashes, stored)
    assert {sha: later[sha] for sha in stored} == stored


@given(near_hashes, st.data())
def test_no_added_photo_is_near_a_photo_of_another_split(hashes, data):
    stored = {
        SHAS[i]: data.draw(st.sampled_from(SPLITS))
        for i in range(data.draw(st.integers(0, len(hashes))))
    }
    assigned = assign_splits(SHAS[: len(hashes)], hashes, stored)
    for group in near_duplicate_groups(hashes):
        new = {assigned[SHAS[i]] for i in group if SHAS[i] not in stored} - {None}
        old = {stored[SHAS[i]] for i in group if SHAS[i] in stored}
        assert len(new) <= 1
        assert not old or new <= old


def test_a_new_photo_follows_its_stored_near_duplicate():
    hashes = np.stack([FAR[0], flipped(FAR[0], 9)])
    for split in SPLITS:
        assert assign_splits(SHAS[:2], hashes, {SHAS[0]: split})[SHAS[1]] == split


def test_a_new_photo_near_to_photos_of_two_splits_is_left_out():
    hashes = np.stack([flipped(FAR[0], n) for n in (0, 40, 20)])
    stored = {SHAS[0]: "train", SHAS[1]: "test"}
    assert assign_splits(SHAS[:3], hashes, stored) == {**stored, SHAS[2]: None}


@given(st.permutations(range(12)), arrays(np.uint8, 12, elements=st.integers(0, 3)))
def test_the_order_of_the_photos_does_not_matter(order, near_to):
    hashes = np.array([flipped(FAR[n], i % 20) for i, n in enumerate(near_to)], np.uint64)
    shuffled = assign_splits([SHAS[i] for i in order], hashes[list(order)], {})
    assert shuffled == assign_splits(SHAS[:12], hashes, {})


def mirrored(hashes: np.ndarray) -> np.ndarray:
    """Stand-ins for the hashes of mirrored photos: all bits flipped."""
    return ~hashes


@pytest.mark.parametrize(("n_bits", "n_groups"), [(NEAR_BITS, 1), (NEAR_BITS + 1, 2)])
def test_mirror_images_are_near_whichever_comes_first(n_bits, n_groups):
    hashes = np.stack([FAR[0], flipped(~FAR[0], n_bits)])
    assert len(near_duplicate_groups(hashes)) == 2
    for order in ([0, 1], [1, 0]):
        assert len(near_duplicate_groups(hashes[order], mirrored(hashes)[order])) == n_groups


@given(near_hashes, st.lists(st.booleans(), min_size=25, max_size=25))
def test_groups_are_those_that_every_pair_tells(hashes, turned):
    hashes = np.where(np.array(turned[: len(hashes)], bool)[:, None], ~hashes, hashes)
    groups = near_duplicate_groups(hashes, mirrored(hashes))
    group_of = {index: number for number, group in enumerate(groups) for index in group}
    for i in range(len(hashes)):
        for j in range(i):
            apart = np.bitwise_count(hashes[i] ^ hashes[j]).sum()
            if min(apart, 256 - apart) <= NEAR_BITS:
                assert group_of[i] == group_of[j]


def test_photos_for_training_only_decide_nothing_and_are_held_out_of_nothing():
    test, any_near = (next(one for one in SHAS if split_of(one) == "test"), SHAS[0])
    assert test != any_near
    hashes = np.stack([FAR[0], flipped(FAR[0], 9)])
    assigned = assign_splits([any_near, test], hashes, {}, train_only=[any_near])
    assert assigned == {any_near: None, test: "test"}
    assert assign_splits([test], hashes[:1], {}, train_only=[test]) == {test: "train"}


@pytest.mark.parametrize(
    ("stored", "new"),
    [("test", "test_more"), ("val_more", "val_more"), ("train", "train"), (None, "test_more")],
)
def test_new_photos_do_not_enter_splits_that_are_closed(stored, new):
    test = next(one for one in SHAS if split_of(one) == "test")
    known = {"0" * 64: stored} if stored else {}
    hashes = np.stack([FAR[0], flipped(FAR[0], 9)])
    shas = ["0" * 64 if stored else "1" * 64, test]
    hashes = hashes if stored else np.stack([FAR[0], FAR[1]])
    assert assign_splits(shas, hashes, known, closed=[test])[test] == new


def test_a_new_photo_near_to_a_test_photo_and_a_further_one_is_a_further_one():
    hashes = np.stack([flipped(FAR[0], n) for n in (0, 40, 20)])
    stored = {SHAS[0]: "test", SHAS[1]: "test_more"}
    assert assign_splits(SHAS[:3], hashes, stored)[SHAS[2]] == "test_more"
