import logging
import os
import subprocess
import sys

import numpy as np
import pytest
import pyvips

from basics.errors import DataError
from pipeline.turing.photos import TONED, UNREADABLE, read_photos
from tests.corpus import corpus
from tests.drawing import draw_photo, jpeg


def colorful(seed):
    """(200, 300, 3) uint8: two tints, so no toned print."""
    rgb = draw_photo("beach", seed)
    rgb[:, ::2] = draw_photo("forest", seed)[:, ::2]
    return rgb


def put(path, content=None):
    """A photo in colour, or whatever else, at a path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(jpeg(colorful(0)) if content is None else content)


def test_the_folder_of_a_photo_is_its_category_and_flat_ones_have_none(tmp_path):
    for name in ("1.jpg", "beach/2.jpg", "Alte Burg/deep/3.JPG", "café/4.jpg"):
        put(tmp_path / name)
    photos, left_out = read_photos(tmp_path)
    assert {photo.name: photo.category for photo in photos} == {
        "1.jpg": None,
        "beach/2.jpg": "beach",
        "Alte Burg/deep/3.JPG": "Alte Burg",
        "café/4.jpg": "café",
    }
    assert all(photo.path == tmp_path / photo.name for photo in photos)
    assert left_out == {}


def test_what_is_gray_toned_or_damaged_is_left_out_counted_and_told(tmp_path, caplog):
    gray = draw_photo("beach", 1)[..., 1]
    sepia = np.clip(gray[..., None] * np.array([1.0, 0.85, 0.6]), 0, 255).astype(np.uint8)
    put(tmp_path / "good.jpg")
    put(tmp_path / "gray.jpg", jpeg(np.ascontiguousarray(gray)))
    put(tmp_path / "sepia.jpg", jpeg(sepia))
    put(tmp_path / "cut.jpg", jpeg(colorful(2))[:4000])
    put(tmp_path / "empty.png", b"")
    put(tmp_path / "text.jpg", b"no photo")
    put(tmp_path / "notes.txt", b"no photo either, by its name")
    put(tmp_path / ".hidden.jpg")
    put(tmp_path / ".cache" / "hidden.jpg")
    caplog.set_level(logging.INFO)
    photos, left_out = read_photos(tmp_path)
    assert [photo.name for photo in photos] == ["good.jpg"]
    assert left_out == {TONED: 2, UNREADABLE: 3}
    assert caplog.messages[-1] == "kept 1 of 6 photos: 2 gray or toned, 3 unreadable"
    assert sum(message.startswith("left out: ") for message in caplog.messages) == 3


def test_every_format_that_is_read_can_be_dealt(tmp_path):
    image = pyvips.Image.new_from_array(colorful(0), interpretation="srgb")
    for suffix in (".jpg", ".png", ".webp", ".tif", ".gif", ".avif"):
        put(tmp_path / f"a{suffix}", image.write_to_buffer(suffix))
    put(tmp_path / "a.heic", corpus()["color.heic"])  # of one tint
    photos, left_out = read_photos(tmp_path)
    assert len(photos) == 6
    assert left_out == {TONED: 1}


@pytest.mark.parametrize("names", [[], ["notes.txt"], ["gray.jpg"], ["beach/gray.jpg"]])
def test_a_folder_without_photos_in_colour_is_an_error(tmp_path, names):
    for name in names:
        put(tmp_path / name, corpus()["gray.jpg"])
    with pytest.raises(DataError, match=r"no photo in colour among [01]\n(.|\n)*fix: put colour"):
        read_photos(tmp_path)


def test_a_folder_that_is_none_is_an_error(tmp_path):
    put(tmp_path / "a.jpg")
    for path in (tmp_path / "nowhere", tmp_path / "a.jpg"):
        with pytest.raises(DataError, match=r"no such folder of photos\n(.|\n)*--turing-data"):
            read_photos(path)


def test_a_category_cannot_have_the_name_of_all(tmp_path):
    put(tmp_path / "all" / "a.jpg")
    with pytest.raises(DataError, match="a category cannot be named 'all'"):
        read_photos(tmp_path)


def test_a_name_that_is_no_utf8_is_shown_as_far_as_it_goes(tmp_path):
    name = os.fsdecode(b"caf\xe9.jpg")
    put(tmp_path / name)
    (photo,), _ = read_photos(tmp_path)
    assert photo.name == "caf�.jpg"
    assert photo.path == tmp_path / name


def test_the_demonstration_needs_neither_network_nor_an_import_of_scikit_image():
    program = (
        "import socket, sys\n"
        "def refuse(*_, **__): raise OSError('no network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from pipeline.turing.photos import read_photos\n"
        "photos, left_out = read_photos()\n"
        "print(*(photo.name for photo in photos), dict(left_out), 'skimage' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    expected = "coffee.png chelsea.png astronaut.png rocket.jpg {'gray or toned': 2} False\n"
    assert (done.stdout, done.stderr) == (expected, "")


def test_the_demonstration_without_scikit_image_says_what_to_do():
    program = (
        "import sys; sys.modules['skimage'] = None\n"
        "from pipeline.turing.photos import read_photos\n"
        "from basics.errors import DataError\n"
        "try: read_photos()\n"
        "except DataError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.startswith("scikit-image is not installed"), done.stderr
    assert "give photos of your own: --turing-data FOLDER" in done.stdout
