from pathlib import Path

import pytest

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
