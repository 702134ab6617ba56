"""A photo is never overwritten, by whatever name or link it is reached, forced or not."""

import os
import unicodedata

import pytest

from basics.errors import DataError
from pipeline import Colorizer, Rendering
from pipeline.colorize import main
from pipeline.media.sources import Sources
from tests.corpus import corpus

GRAY = corpus()["gray.jpg"]


@pytest.fixture
def album(tmp_path):
    """Photos a and b; b lies in a folder below."""
    (tmp_path / "album" / "below").mkdir(parents=True)
    for name in ("a.jpg", "below/b.jpg"):
        (tmp_path / "album" / name).write_bytes(GRAY)
    return tmp_path / "album"


def spellings(photo, folder):
    """Other names of a photo."""
    hard, soft, chain = folder / "hard.jpg", folder / "soft.jpg", folder / "chain.jpg"
    os.link(photo, hard)
    soft.symlink_to(photo)
    chain.symlink_to(soft)
    linked = folder / "linked"
    linked.symlink_to(photo.parent)
    up = photo.parent / ".." / photo.parent.name / "." / photo.name
    relative = os.path.relpath(photo)
    return [photo, hard, soft, chain, linked / photo.name, up, f"{photo}/", relative]


def test_no_spelling_of_a_photo_is_written_to(album, tmp_path, capsys):
    for output in spellings(album / "a.jpg", tmp_path):
        for options in ([], ["--force"]):
            assert main([str(album / "a.jpg"), "-o", str(output), *options]) == 1
            assert "the black-and-white photo itself" in capsys.readouterr().err
            assert (album / "a.jpg").read_bytes() == GRAY
            with pytest.raises(DataError, match="the black-and-white photo itself"):
                Colorizer().colorize(album / "a.jpg", str(output), force=bool(options))


@pytest.mark.parametrize("way", ["result", "compare", "ranking", "pages"])
@pytest.mark.parametrize("order", [1, -1])
def test_nothing_takes_the_place_of_another_photo_of_the_run(album, way, order, capsys):
    """Be it named, or only below a named folder; planned before or after; a link in between."""
    options, ending = {
        "result": ([], ".jpg"),
        "compare": (["--compare"], "_compare.jpg"),
        "ranking": (["--ranking"], "_ranking.png"),
        "pages": (["--pages", "all"], ".jpg"),
    }[way]
    os.link(album / "below" / "b.jpg", album / f"a_color{ending}")
    paths = [str(album / "a.jpg"), str(album / "below")][::order]
    assert main([*paths, "--force", *options]) == 1
    out, err = capsys.readouterr()
    assert out == f"{album / 'below' / 'b_color.jpg'}\n"
    assert f"where: {album / f'a_color{ending}'}" in err
    assert (album / "below" / "b.jpg").read_bytes() == GRAY


def test_a_photo_of_ones_own_that_is_named_like_a_result_keeps_its_place_and_is_coloured(
    album, capsys
):
    (album / "a_color.jpg").write_bytes(GRAY)  # says nothing of us
    assert main([str(album)]) == 1
    out, err = capsys.readouterr()
    assert f"{album / 'a_color_color.jpg'}\n" in out
    assert f"result of a.jpg would take the place of another photo: {album / 'a_color.jpg'}" in err
    assert (album / "a_color.jpg").read_bytes() == GRAY


def test_the_pictures_of_a_result_obey_force_too(album, capsys):
    picture = album / "a_color_compare.jpg"
    picture.write_text("mine")
    with pytest.raises(DataError, match="exists already"):
        Colorizer().colorize(album / "a.jpg", rendering=Rendering(compare=True))
    assert not (album / "a_color.jpg").exists()  # refused before anything was coloured
    assert main([str(album / "a.jpg"), "--compare"]) == 1
    assert "exists already" in capsys.readouterr().err
    assert picture.read_text() == "mine"
    assert main([str(album / "a.jpg"), "--compare", "--force"]) == 0
    assert picture.read_bytes()[:2] == b"\xff\xd8"


def test_a_picture_that_a_killed_run_has_not_made_is_made_beside_the_result(album, capsys):
    assert main([str(album), "--compare", "--ranking"]) == 0
    before = {path: path.read_bytes() for path in album.iterdir() if path.is_file()}
    for ending in ("_compare.jpg", "_ranking.png"):
        (album / f"a_color{ending}").unlink()
    capsys.readouterr()
    assert main([str(album), "--compare", "--ranking"]) == 0
    assert capsys.readouterr().err.endswith("2 done already\n")
    assert {path: path.read_bytes() for path in album.iterdir() if path.is_file()} == before


def test_no_result_of_a_run_takes_the_place_of_another_one(tmp_path):
    """As where a file system takes two names for one: here a link stands for that."""
    one, other = tmp_path / "one.jpg", tmp_path / "other.jpg"
    sources = Sources()
    commit = sources.commit(force=True)
    for path in (one, tmp_path / "temporary"):
        path.write_text("result")
    commit(tmp_path / "temporary", one)
    other.symlink_to(one)
    (tmp_path / "temporary").write_text("second")
    with pytest.raises(DataError, match="two photos would become one result"):
        commit(tmp_path / "temporary", other)
    assert one.read_text() == "result"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_what_the_file_system_says_that_it_is(tmp_path, form):
    photo = tmp_path / unicodedata.normalize("NFC", "é.jpg")
    photo.touch()
    same = tmp_path / unicodedata.normalize(form, "é.jpg")
    assert bool(Sources([photo]).find(same)) == same.exists()
