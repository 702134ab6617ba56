import pickle
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basics.errors import ConfigError, DataError
from pipeline.colorizer import Colorizer
from pipeline.turing.stimuli import LENGTH, Stimulus, StimulusSet, draw_stimuli
from tests.drawing import draw_photo, jpeg


def colorful(seed):
    """A JPEG of 300 x 200 px in two tints, so that it is no toned print."""
    rgb = draw_photo("beach", seed)
    rgb[:, ::2] = draw_photo("forest", seed)[:, ::2]
    return jpeg(rgb)


@pytest.fixture(scope="module")
def colorizer(shipped):
    return Colorizer(shipped)


@pytest.fixture
def folder(tmp_path):
    """Two photos about castles, three about nothing."""
    for i, name in enumerate(("castle/0.jpg", "castle/1.jpg", "2.jpg", "3.jpg", "4.jpg")):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(colorful(i))
    return tmp_path / "photos"


def drawn(n_photos, length, seed):
    return draw_stimuli(n_photos, length, np.random.default_rng(seed))


SEEDS = st.integers(0, 2**32)


@given(n_photos=st.integers(1, 50), length=st.integers(1, 120), seed=SEEDS)
def test_half_of_a_round_is_in_predicted_colours_up_to_one(n_photos, length, seed):
    stimuli = drawn(n_photos, length, seed)
    n_colored = sum(stimulus.is_colored for stimulus in stimuli)
    assert len(stimuli) == length
    assert abs(n_colored - (length - n_colored)) == length % 2
    assert all(0 <= stimulus.index < n_photos for stimulus in stimuli)


@given(n_photos=st.integers(1, 50), length=st.integers(1, 120), seed=SEEDS)
def test_no_photo_comes_again_before_all_others_were_there(n_photos, length, seed):
    indices = [stimulus.index for stimulus in drawn(n_photos, length, seed)]
    for start in range(0, length, n_photos):
        turn = indices[start : start + n_photos]
        assert len(set(turn)) == len(turn)
    if n_photos > 1:
        assert all(one != other for one, other in pairwise(indices))


@given(seed=SEEDS)
def test_a_seed_gives_its_round_again(seed):
    assert drawn(30, 20, seed) == drawn(30, 20, seed)


def test_any_place_in_a_round_may_be_either_and_any_photo_may_be_there():
    sessions = [drawn(5, 5, seed) for seed in range(1000)]
    are_colored = np.array([[stimulus.is_colored for stimulus in stimuli] for stimuli in sessions])
    np.testing.assert_allclose(are_colored.mean(axis=0), 0.5, atol=0.06)
    assert set(are_colored.sum(axis=1)) == {2, 3}
    indices = np.array([[stimulus.index for stimulus in stimuli] for stimuli in sessions])
    shares = [np.bincount(place, minlength=5) / 1000 for place in indices.T]
    np.testing.assert_allclose(shares, 0.2, atol=0.06)


def test_sessions_differ_and_so_do_their_names(colorizer, folder):
    with StimulusSet(colorizer, folder) as test_set:
        sessions = [test_set.start_session(length=40) for _ in range(5)]
        seeded = [test_set.start_session(length=40, seed=1) for _ in range(2)]
    assert len({one.stimuli for one in sessions}) == 5
    assert seeded[0].stimuli == seeded[1].stimuli
    assert len({one.id for one in (*sessions, *seeded)}) == 7
    assert pickle.loads(pickle.dumps(sessions[0])) == sessions[0]


def test_a_session_is_as_long_as_there_are_photos_unless_told(colorizer, folder):
    with StimulusSet(colorizer, folder) as test_set:
        assert sorted(stimulus.index for stimulus in test_set.start_session().stimuli) == [
            0,
            1,
            2,
            3,
            4,
        ]
        assert len(test_set.start_session(length=7).stimuli) == 7
        with pytest.raises(ConfigError, match="a session of 0 photos"):
            test_set.start_session(length=0)
    for i in range(LENGTH):
        (folder / f"more {i}.jpg").write_bytes(colorful(0))
    with StimulusSet(colorizer, folder) as test_set:
        assert len(test_set.start_session().stimuli) == LENGTH


def test_pictures_are_made_when_they_are_shown_and_only_once(colorizer, folder, tmp_path):
    cache_dir = tmp_path / "cache"
    with StimulusSet(colorizer, folder, cache_dir=cache_dir) as test_set:
        assert not cache_dir.exists()
        with ThreadPoolExecutor(6) as pool:
            stimuli = [Stimulus(index=i % 2, is_colored=i % 3 == 0) for i in range(12)]
            shown = list(pool.map(test_set.show, stimuli))
        assert {(one.real, one.colored) for one in shown} == {
            (test_set.show(stimulus).real, test_set.show(stimulus).colored)
            for stimulus in stimuli[:2]
        }
    assert len(list(cache_dir.glob("*.jpg"))) == 4  # two photos, each in both colours
    assert {path.suffix for path in cache_dir.iterdir()} == {".jpg", ".json"}
    for stimulus, one in zip(stimuli, shown, strict=True):
        assert one.is_colored == stimulus.is_colored
        assert one.path == (one.colored if stimulus.is_colored else one.real)
        assert one.name == test_set.photos[stimulus.index].name


def test_the_folder_names_the_category_else_the_router_does(colorizer, folder):
    with StimulusSet(colorizer, folder) as test_set:
        shown = {
            photo.name: test_set.show(Stimulus(index=i, is_colored=False)).category
            for i, photo in enumerate(test_set.photos)
        }
        seen = colorizer.colorize(folder / "2.jpg", folder / "new.png").category
    assert shown["castle/0.jpg"] == shown["castle/1.jpg"] == "castle"
    assert {shown["2.jpg"], shown["3.jpg"], shown["4.jpg"]} <= set(colorizer.bundle.categories)
    assert shown["2.jpg"] == seen


def test_a_temporary_cache_goes_with_the_stimuli(colorizer, folder):
    with StimulusSet(colorizer, folder) as test_set:
        shown = test_set.show(Stimulus(index=0, is_colored=True))
        assert shown.path.is_file()
        assert not shown.path.is_relative_to(folder)
    assert not test_set.cache_dir.exists()


def test_a_cache_among_the_photos_is_refused(colorizer, folder):
    for cache_dir in (folder, folder / "cache", folder / ".." / folder.name / "cache"):
        with pytest.raises(ConfigError, match="the cache lies among the photos"):
            StimulusSet(colorizer, folder, cache_dir=cache_dir)


def test_a_photo_that_has_gone_is_told(colorizer, folder):
    with StimulusSet(colorizer, folder) as test_set:
        for photo in test_set.photos:
            photo.path.unlink()
        with pytest.raises(DataError, match=r"no such (file|photo)"):
            test_set.show(Stimulus(index=0, is_colored=True))


def test_a_cache_that_cannot_be_written_is_told(colorizer, folder, tmp_path):
    (tmp_path / "file").touch()
    with (
        StimulusSet(colorizer, folder, cache_dir=tmp_path / "file" / "cache") as test_set,
        pytest.raises(DataError, match=r"cannot make the pictures of .*0\.jpg: Not a dir"),
    ):
        test_set.show(Stimulus(index=3, is_colored=False))
