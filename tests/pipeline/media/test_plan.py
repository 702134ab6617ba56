from pathlib import Path

import pytest

from pipeline import ColorRequest
from pipeline.media.plan import Task, default_output, find_photos, plan


@pytest.mark.parametrize(
    ("name", "format_", "expected"),
    [
        ("a.jpg", None, "a_color.jpg"),
        ("a.JPEG", None, "a_color.JPEG"),
        ("a.tif", None, "a_color.tif"),
        ("a.gif", None, "a_color.png"),
        ("a.heic", None, "a_color.png"),
        ("a", None, "a_color.png"),
        ("a.b.png", "webp", "a.b_color.webp"),
        ("a.jpg", "tiff", "a_color.tif"),
    ],
)
def test_a_result_lies_beside_its_photo(name, format_, expected):
    assert default_output(Path("album") / name, format_) == Path("album") / expected


@pytest.fixture
def album(tmp_path):
    folder = tmp_path / "album"
    (folder / "1950").mkdir(parents=True)
    (folder / "bare").mkdir()
    for name in ("a.jpg", "a_color.jpg", "b_color.jpg", ".c.jpg", "notes.txt", "1950/d.PNG"):
        (folder / name).touch()
    return folder


def test_results_of_earlier_runs_are_not_coloured_again(album):
    names = [path.relative_to(album).as_posix() for path in find_photos(album)]
    assert names == ["1950/d.PNG", "a.jpg", "b_color.jpg"]


def test_a_folder_keeps_its_structure_below_the_output(album):
    planned = plan([album], Path("out"), None)
    task = Task(photo=album / "1950/d.PNG", output=Path("out/1950/d_color.PNG"))
    assert task in planned.tasks
    assert planned.errors == []


def test_one_photo_may_name_its_output(album):
    tasks = plan([album / "a.jpg"], Path("out.png"), None).tasks
    assert tasks == [Task(photo=album / "a.jpg", output=Path("out.png"))]


def test_several_photos_share_an_output_folder(album):
    tasks = plan([album / "a.jpg", album / "b_color.jpg"], Path("v1.0"), None).tasks
    assert [task.output for task in tasks] == [
        Path("v1.0/a_color.jpg"),
        Path("v1.0/b_color_color.jpg"),
    ]


def test_a_folder_without_photos_is_an_error_and_the_rest_goes_on(album):
    planned = plan([album / "bare", album / "a.jpg"], None, None)
    (error,) = planned.errors
    assert [task.photo.name for task in planned.tasks] == ["a.jpg"]
    assert "no photos in the folder" in str(error)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"category": "sunset"}, "a_color_sunset.jpg"),
        ({"category": "sunset", "mode": "vivid"}, "a_color_sunset_vivid.jpg"),
        ({"top": 2, "saturation": 1.25}, "a_color_top2_1.25x.jpg"),
        ({"colorizer": "encoder_decoder"}, "a_color_encoder_decoder.jpg"),
        ({"keep_color": True}, "a_color.jpg"),
    ],
)
def test_the_name_of_a_result_tells_what_was_asked_for(wanted, expected):
    request = ColorRequest(**wanted)
    assert default_output(Path("a.jpg"), None, request) == Path(expected)
    assert default_output(Path("x" * 300 + ".jpg"), None, request).name.endswith(expected[1:])
    assert len(default_output(Path("x" * 300 + ".jpg"), None, request).name) == 255


WORDS = ("sunset", "old-castle", "vivid", "encoder_decoder")


@pytest.mark.parametrize(
    "name",
    ["a_color.jpg", "a_color_sunset.png", "a_color_old-castle_vivid.jpg", "a_color_top2_1.5x.tif",
     "a_color_vivid_encoder_decoder.jpg", "a_color_sunset_compare.jpg", "a_color_0x_ranking.png",
     "a_color_1e-05x.jpg"],
)  # fmt: skip
def test_results_that_tell_what_was_asked_for_are_known_as_results(tmp_path, name):
    for one in ("a.jpg", name):
        (tmp_path / one).touch()
    assert find_photos(tmp_path, words=WORDS) == [tmp_path / "a.jpg"]


@pytest.mark.parametrize(
    "name", ["a_color_red.jpg", "a_colored.jpg", "a_color_.jpg", "b_color_sunset.jpg"]
)
def test_a_photo_that_is_only_named_like_a_result_is_coloured(tmp_path, name):
    for one in ("a.jpg", name):
        (tmp_path / one).touch()
    assert find_photos(tmp_path, words=WORDS) == sorted([tmp_path / "a.jpg", tmp_path / name])
