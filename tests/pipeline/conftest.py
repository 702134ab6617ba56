"""Fixtures for the pipeline: photos to colour."""

from pathlib import Path

import pytest
import pyvips

from tests.drawing import draw_photo


@pytest.fixture
def gray_photo(tmp_path: Path) -> Path:
    """A gray JPEG of 300 x 200 px."""
    path = tmp_path / "beach.jpg"
    image = pyvips.Image.new_from_array(draw_photo("beach", 0), interpretation="srgb")
    image.colourspace("b-w").write_to_file(str(path), Q=95)
    return path
