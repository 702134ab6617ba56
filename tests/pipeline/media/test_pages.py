import numpy as np
import pytest
import pyvips
import tifftools
from PIL import Image

from pipeline.colorize import main
from tests.drawing import draw_photo


@pytest.fixture
def scan(tmp_path):
    """A TIFF of three gray pages of different sizes."""
    path = tmp_path / "scan.tif"
    pages = [
        Image.fromarray(draw_photo(category, 0)[: 60 + 10 * i, :90, 1])
        for i, category in enumerate(("beach", "forest", "fruit"))
    ]
    pages[0].save(path, save_all=True, append_images=pages[1:], software="Scan 1")
    return path


def sizes(path):
    with Image.open(path) as image:
        found = []
        for page in range(getattr(image, "n_frames", 1)):
            image.seek(page)
            image.load()
            found.append((image.mode, image.size))
        return found


def test_the_first_page_is_coloured_with_a_warning(scan, capsys):
    assert main([str(scan)]) == 0
    assert "has 3 pages, of which the first was coloured" in capsys.readouterr().err
    assert sizes(scan.with_name("scan_color.tif")) == [("RGB", (90, 60))]


def test_all_pages_become_one_file(scan, capsys):
    assert main([str(scan), "--pages", "all"]) == 0
    output = scan.with_name("scan_color.tif")
    assert capsys.readouterr().out == f"{output}\n"
    assert sizes(output) == [("RGB", (90, 60)), ("RGB", (90, 70)), ("RGB", (90, 80))]
    with Image.open(output) as image:
        for page in range(3):
            image.seek(page)
            assert np.ptp(np.asarray(image).astype(int), axis=2).mean() > 1
    assert sorted(path.name for path in scan.parent.iterdir()) == ["scan.tif", "scan_color.tif"]


def test_pages_need_a_format_that_holds_them(scan, capsys):
    assert main([str(scan), "--pages", "all", "--format", "jpg"]) == 1
    assert ".jpg holds one page, not 3" in capsys.readouterr().err
    assert [path.name for path in scan.parent.iterdir()] == ["scan.tif"]


def test_more_pages_than_anybody_scans_are_refused(tmp_path, capsys):
    thin = pyvips.Image.black(2, 2001).copy(interpretation="b-w")
    thin.tiffsave(str(tmp_path / "many.tif"), page_height=1)
    assert main([str(tmp_path / "many.tif"), "--pages", "all"]) == 1
    assert "2,001 pages are more than 2,000" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["many.tif"]


def test_a_damaged_page_leaves_no_result(scan, capsys):
    info = tifftools.read_tiff(str(scan))
    offset = info["ifds"][2]["tags"][tifftools.Tag.StripOffsets.value]["data"][0]
    content = bytearray(scan.read_bytes())
    assert main([str(scan), "--pages", "all"]) == 0  # whole
    scan.write_bytes(content[: offset + 10])
    assert main([str(scan), "--pages", "all", "--force"]) == 1
    assert "error:" in capsys.readouterr().err
    assert len(sizes(scan.with_name("scan_color.tif"))) == 3  # as it was


def test_pages_of_a_folder_are_coloured_too(scan, tmp_path, capsys):
    Image.fromarray(draw_photo("beach", 1)[..., 1]).save(tmp_path / "one.png")
    assert main([str(tmp_path), "-o", str(tmp_path / "out"), "--pages", "all"]) == 0
    assert len(sizes(tmp_path / "out" / "scan_color.tif")) == 3
    assert "2 coloured" in capsys.readouterr().err
