from pathlib import Path

import pytest

from basics.errors import ConfigError
from imaging.metadata import NOTE
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
        ("a.JFIF", None, "a_color.jpg"),
        ("a.mpo", None, "a_color.jpg"),
        ("a.hif", None, "a_color.png"),
        ("a.avifs", None, "a_color.png"),
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
        ({"mode": "vivid", "best": True}, "a_color_vivid_best.jpg"),
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


PHOTO, OURS = b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1" + NOTE.encode()


def written(folder, contents):
    """Files of a folder."""
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def names(paths, folder):
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def test_results_are_left_out_by_their_note_and_nobodys_own_photo_is(tmp_path):
    album = written(
        tmp_path / "album",
        {
            "x.jpg": PHOTO,
            "x_color_sunset.jpg": OURS,  # of another request
            "x_color_castle.jpg": OURS,  # of another bundle
            "x_color_city.jpg": PHOTO,
            "y_color.jpg": OURS,  # its photo has gone
            "y_color_compare.jpg": OURS,
            "z_color.jpg": PHOTO,
            "coloured/x_color.jpg": OURS,  # an output folder within
        },
    )
    for paths in ([album], sorted(path for path in album.rglob("*") if path.is_file())):
        planned = plan(paths, None, None, words=("city", "sunset"))
        assert planned.errors == []
        photos = ["x.jpg", "x_color_city.jpg", "z_color.jpg"]
        assert names((task.photo for task in planned.tasks), album) == photos
        assert names(planned.left_out, album) == [
            "coloured/x_color.jpg", "x_color_castle.jpg", "x_color_sunset.jpg", "y_color.jpg",
            "y_color_compare.jpg",
        ]  # fmt: skip


def test_a_result_that_belongs_to_a_photo_of_the_folder_is_no_news_but_if_it_is_named(tmp_path):
    album = written(tmp_path, {"x.jpg": PHOTO, "x_color.jpg": OURS})
    planned = plan([album], None, None)
    assert (planned.done, planned.left_out) == ([album / "x_color.jpg"], [])
    planned = plan(sorted(album.iterdir()), None, None, resume=True)
    assert (planned.done, planned.left_out) == ([album / "x_color.jpg"], [album / "x_color.jpg"])
    alone = plan([album / "x_color.jpg"], tmp_path / "again.jpg", None)  # somebody means it
    assert [task.photo for task in alone.tasks] == [album / "x_color.jpg"]


def test_several_photos_never_become_one_file(tmp_path):
    album = written(tmp_path / "album", {"x.jpg": PHOTO, "y.jpg": PHOTO})
    for paths in ([album], sorted(album.iterdir())):
        for name in ("one.jpg", "ONE.HEIC"):
            with pytest.raises(ConfigError, match="several photos cannot become one file"):
                plan(paths, tmp_path / name, None)
    (tmp_path / "folder.jpg").mkdir()
    planned = plan([album], tmp_path / "folder.jpg", None)
    assert {task.output.parent for task in planned.tasks} == {tmp_path / "folder.jpg"}


def test_files_without_a_suffix_count_if_they_are_photos(tmp_path):
    album = written(
        tmp_path,
        {
            "scan": PHOTO,
            "saved.jfif": PHOTO,
            "notes": b"text",
            "empty": b"",
            "a.avifs": b"",
            ".h": PHOTO,
        },
    )
    assert names(find_photos(album), album) == ["a.avifs", "saved.jfif", "scan"]
    assert default_output(album / "scan") == album / "scan_color.jpg"


def test_names_that_are_cut_alike_stay_two(tmp_path):
    stems = ["é" * 123 + end for end in ("one", "two")]
    cut = [default_output(tmp_path / f"{stem}.jpg").name for stem in stems]
    assert len({*cut}) == 2
    assert {len(name.encode()) for name in cut} == {255}
    assert all(name.endswith("_color.jpg") for name in cut)


def test_a_photo_that_is_named_twice_is_coloured_once(tmp_path):
    album = written(tmp_path / "album", {"x.jpg": PHOTO})
    (tmp_path / "linked").symlink_to(album)
    planned = plan([album / "x.jpg", album, tmp_path / "linked"], None, None)
    assert [task.photo for task in planned.tasks] == [album / "x.jpg"]
    assert planned.errors == []


def test_a_name_too_long_for_any_file_is_told_and_not_raised(tmp_path):
    photo = tmp_path / ("x" * 300 + ".jpg")
    assert [task.photo for task in plan([photo], None, None).tasks] == [photo]
