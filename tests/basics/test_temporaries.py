import os
import stat

import pytest

from basics import temporaries
from basics.temporaries import TEMPORARY, temporary_file, temporary_folder


def test_a_temporary_folder_goes_with_its_block_also_when_it_fails(tmp_path):
    def fail() -> None:
        with temporary_folder(tmp_path / "a.tif") as folder:
            (folder / "0.tif").touch()
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_temporary_has_a_name_that_nobody_foresees_and_the_suffix_of_its_file(tmp_path):
    path = tmp_path / ("é" * 120 + ".tif")
    with temporary_file(path) as one, temporary_file(path) as other:
        assert one != other
        assert one.suffix == ".tif"
        assert len(os.fsencode(one.name)) < 100
        random = one.stem.rpartition("-")[2]
        assert len(random) == 16
        assert int(random, 16) >= 0
    assert list(tmp_path.iterdir()) == []


def test_a_suffix_too_long_for_a_name_is_left_out(tmp_path):
    with temporary_file(tmp_path / ("a." + "b" * 250)) as temporary:
        assert temporary.suffix == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_temporaries_have_the_rights_that_the_umask_leaves(tmp_path):
    before = os.umask(0o027)
    try:
        with temporary_file(tmp_path / "a.jpg") as file, temporary_folder(tmp_path / "b") as folder:
            assert stat.S_IMODE(file.stat().st_mode) == 0o640
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        os.umask(before)


def test_what_somebody_planted_under_the_name_is_neither_opened_nor_followed(tmp_path):
    victim = tmp_path / "victim.jpg"
    victim.write_text("mine")
    planted = tmp_path / f"{TEMPORARY}planted.jpg"
    planted.symlink_to(victim)
    with pytest.raises(FileExistsError, match="planted"):
        os.open(planted, temporaries.EXCLUSIVELY, 0o666)
    assert victim.read_text() == "mine"
