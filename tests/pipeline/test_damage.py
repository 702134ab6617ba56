"""Damaged, malicious and odd files: a clear error or a whole picture, never anything else."""

import os
import re
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
import pyvips

from imaging.formats import READABLE
from pipeline.colorize import main
from pipeline.media.plan import default_output
from tests.corpus import corpus, flipped, truncated
from tests.drawing import draw_photo


def colorize(*args):
    """The command in a process of its own, for a crash would take the tests with it."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline.colorize", *map(str, args)],
        capture_output=True, text=True, check=False, timeout=600, errors="surrogateescape",
    )  # fmt: skip


def require_all_told(done, folder, output, number):
    """Every photo was coloured or told as an error; every result is whole."""
    assert done.returncode in (0, 1), done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert "VIPS-WARNING" not in done.stderr
    results = sorted(path for path in output.rglob("*") if path.is_file())
    assert sorted(done.stdout.splitlines()) == [str(path) for path in results]
    for part in ("error: ", "  where: ", "  fix: "):
        lines = [line for line in done.stderr.splitlines() if line.startswith(part)]
        assert len(lines) == number - len(results), part
    for path in results:
        pyvips.Image.new_from_file(str(path), fail_on="error").avg()
    assert not list(folder.glob(".partial-*"))
    return results


@pytest.mark.slow
def test_files_cut_at_every_sixteenth(tmp_path):
    folder, output = tmp_path / "cut", tmp_path / "out"
    folder.mkdir()
    files = [(name, content) for name, content in truncated() if not name.endswith("heic")]
    for name, content in files:
        (folder / name).write_bytes(content)
    done = colorize(folder, "-o", output)
    results = require_all_told(done, folder, output, len(files))
    assert len(results) < len(files) / 8  # a cut at its very end may leave the pixels whole
    assert "failed" in done.stderr


def test_heics_cut_at_every_sixteenth(tmp_path):
    folder, output = tmp_path / "cut", tmp_path / "out"
    folder.mkdir()
    files = [(name, content) for name, content in truncated() if name.endswith("heic")]
    for name, content in files:
        (folder / name).write_bytes(content)
    assert require_all_told(colorize(folder, "-o", output), folder, output, len(files)) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [120, pytest.param(2000, marks=pytest.mark.nightly)])
def test_files_with_flipped_bits(tmp_path, number):
    folder, output = tmp_path / "flipped", tmp_path / "out"
    folder.mkdir()
    for name, content in flipped(number, seed=0):
        (folder / name).write_bytes(content)
    done = colorize(folder, "-o", output)
    results = require_all_told(done, folder, output, number)
    assert number / 10 < len(results) < number


@pytest.mark.parametrize("name", ["gray.jpg", "gray.png", "strips.tif", "color.webp"])
def test_what_is_left_of_a_damaged_photo_can_be_coloured(tmp_path, name, capsys):
    """Half a file: refused, and with --tolerate coloured as far as its decoder gets."""
    suffix = name.split(".")[1]
    drawn = pyvips.Image.new_from_array(draw_photo("beach", 0), interpretation="srgb")
    content = drawn.colourspace("b-w").write_to_buffer(f".{suffix}")
    path = tmp_path / f"half.{suffix}"
    path.write_bytes(content[: len(content) * 3 // 4])
    assert main([str(path)]) == 1
    assert "error:" in capsys.readouterr().err
    code = main([str(path), "--tolerate"])
    output = tmp_path / f"half_color.{suffix}"
    assert output.exists() == (code == 0)
    if suffix in ("jpg", "png"):
        top = pyvips.Image.new_from_file(str(output)).numpy()[:50]
        assert top.shape == (50, 300, 3)
        assert np.ptp(top.astype(int), axis=2).mean() > 1
    else:
        assert "error:" in capsys.readouterr().err or code == 0


@pytest.mark.parametrize("suffix", sorted(READABLE))
def test_a_wrong_extension_does_not_matter_and_no_photo_is_told(tmp_path, suffix, capsys):
    (tmp_path / f"photo{suffix}").write_bytes(corpus()["gray.png"])
    assert main([str(tmp_path / f"photo{suffix}")]) == 0
    (tmp_path / f"text{suffix}").write_text("no photo " * 99)
    assert main([str(tmp_path / f"text{suffix}")]) == 1
    assert "not a photo" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["drawing.svg", "raw.bin", "table.csv", "image.v", "map.mat"])
def test_only_loaders_that_are_safe_for_untrusted_files_are_used(tmp_path, name, capsys):
    image = pyvips.Image.new_from_array(draw_photo("beach", 0), interpretation="srgb")
    path = tmp_path / name
    if name.endswith(".svg"):
        path.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    elif name.endswith(".v"):
        image.write_to_file(str(path))
    elif name.endswith(".csv"):
        image[0].write_to_file(str(path))
    else:
        path.write_bytes(image.write_to_memory())
    assert main([str(path)]) == 1
    assert "not a photo" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == [name]


def png_header(width, height):
    """A PNG that says that it is huge, with a little of its pixels."""

    def chunk(kind, content):
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    rows = zlib.compress(bytes(1_000_000_000 // 8 // 8), 9)  # compresses a thousandfold
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_decompression_bomb_is_refused_by_its_header(tmp_path, capsys):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(50_000, 50_000))
    assert main([str(path)]) == 1
    assert "50000 x 50000 px are more than 300,000,000" in capsys.readouterr().err
    path.write_bytes(corpus()["gray.png"])
    assert main([str(path), "--max-pixels", "1000"]) == 1
    assert "48 x 36 px are more than 1,000" in capsys.readouterr().err


@pytest.mark.parametrize("size", [(1, 1), (1, 60_000), (60_000, 1)])
def test_extreme_sizes_come_back(tmp_path, size):
    path = tmp_path / "thin.png"
    pyvips.Image.black(*reversed(size)).copy(interpretation="b-w").write_to_file(str(path))
    assert main([str(path)]) == 0
    result = pyvips.Image.new_from_file(str(tmp_path / "thin_color.png"))
    assert (result.height, result.width) == size


NAMES = ["two\nlines", "tab\there", "😀 emoji", "-dash", "[n=2]", "%s {x}", "x" * 250, "é" * 120]


@pytest.mark.parametrize("stem", NAMES)
def test_odd_names_are_names_like_others(tmp_path, stem, capsys):
    path = tmp_path / f"{stem}.jpg"
    path.write_bytes(corpus()["gray.jpg"])
    assert main(["--", str(path)]) == 0
    output = default_output(path)
    assert capsys.readouterr().out == f"{output}\n"
    assert output.exists()
    assert len(os.fsencode(output.name)) <= 255


def test_a_name_that_is_no_utf8_is_coloured_and_printed(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff.jpg"
    with open(path, "wb") as file:  # noqa: PTH123  # a path of bytes
        file.write(corpus()["gray.jpg"])
    done = colorize(os.fsdecode(path))
    assert done.returncode == 0, done.stderr
    assert os.fsencode(done.stdout.strip()) == os.fsencode(tmp_path) + b"/\xff_color.jpg"


def test_links_that_lead_in_circles_are_not_followed(tmp_path, capsys):
    album = tmp_path / "album"
    album.mkdir()
    (album / "a.jpg").write_bytes(corpus()["gray.jpg"])
    (album / "round").symlink_to(album)
    (album / "self.jpg").symlink_to(album / "self.jpg")
    (album / "gone.jpg").symlink_to(album / "nowhere.jpg")
    assert main([str(album), "-o", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'out' / 'a_color.jpg'}\n"
    assert main([str(album / "self.jpg")]) == 1
    assert "no such photo" in capsys.readouterr().err


def test_pipes_and_devices_are_no_photos(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (tmp_path / "pipe.jpg", "/dev/zero"):
        assert main([str(path), "-o", str(tmp_path / "out.jpg")]) == 1
        assert "not a regular file: a pipe or a device" in capsys.readouterr().err


def test_a_folder_that_must_not_be_read_is_told(tmp_path_factory):
    """As somebody who is not root, whom no right stops."""
    folder = tmp_path_factory.mktemp("open")
    secret = folder / "album" / "secret"
    secret.mkdir(parents=True)
    (folder / "album" / "a.jpg").write_bytes(corpus()["gray.jpg"])
    program = (
        "import os, sys; from pathlib import Path; from pipeline.media.plan import plan\n"
        "os.chdir(sys.argv[1])\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"
        "made = plan([Path('album')], None, None)\n"
        "print([task.photo.name for task in made.tasks]); print(*made.errors)"
    )
    folder.chmod(0o755)
    secret.chmod(0)
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True
        )
    finally:
        secret.chmod(0o755)
    assert "['a.jpg']" in done.stdout
    assert re.search(r"cannot read the folder: Permission denied\n  where: .*secret", done.stdout)
