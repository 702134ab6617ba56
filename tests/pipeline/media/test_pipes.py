import subprocess
import sys
from io import BytesIO

import pytest
from PIL import Image

from tests.corpus import corpus

PYTHON = [sys.executable, "-m", "pipeline.colorize"]


def colorize(*args, photo=b""):
    return subprocess.run([*PYTHON, *args], input=photo, capture_output=True, check=False)


@pytest.mark.parametrize(
    ("name", "format_"),
    [("gray.jpg", "JPEG"), ("gray.png", "PNG"), ("color.webp", "WEBP"), ("strips.tif", "TIFF"),
     ("color.heic", "PNG")],
)  # fmt: skip
def test_a_photo_passes_through_pipes_in_its_own_format(name, format_):
    done = colorize("-", "-o", "-", photo=corpus()[name])
    assert done.returncode == 0, done.stderr.decode()
    with Image.open(BytesIO(done.stdout)) as image:
        assert (image.format, image.size) == (format_, (48, 36))


def test_the_format_of_a_pipe_can_be_chosen():
    done = colorize("-", "-o", "-", "--format", "png", photo=corpus()["gray.jpg"])
    with Image.open(BytesIO(done.stdout)) as image:
        assert image.format == "PNG"


def test_a_pipe_goes_into_a_file_and_a_file_into_a_pipe(tmp_path):
    output = tmp_path / "out.png"
    done = colorize("-", "-o", str(output), photo=corpus()["gray.jpg"])
    assert done.stdout.decode() == f"{output}\n"
    done = colorize(str(output), "-o", "-", "--format", "jpg")
    with Image.open(BytesIO(done.stdout)) as image:
        assert (image.format, image.size) == ("JPEG", (48, 36))
    assert [path.name for path in tmp_path.iterdir()] == ["out.png"]


@pytest.mark.parametrize(
    ("args", "photo", "told"),
    [
        (["-"], b"x", "a photo from standard input has no name"),
        (["-", "-", "-o", "-"], b"x", "a pipe holds one photo"),
        (["-", "-o", "-", "--json"], b"x", "--json does not go with a result on standard output"),
        (["-", "-o", "-", "--compare"], b"x", "--compare does not go"),
        (["-", "-o", "-"], b"", "nothing came"),
        (["-", "-o", "-"], b"no photo", "not a photo that can be read"),
        (["-", "-o", "-"], corpus()["gray.png"][:300], "damaged"),
    ],
)
def test_what_a_pipe_cannot_do_is_told_and_nothing_comes_out(args, photo, told):
    done = colorize(*args, photo=photo)
    assert done.returncode == 1
    assert told in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert done.stdout == b""


def test_a_folder_does_not_go_into_a_pipe(tmp_path):
    done = colorize(str(tmp_path), "-o", "-")
    assert done.returncode == 1
    assert "a pipe holds one photo" in done.stderr.decode()
