import numpy as np
import pyvips

from pipeline.colorize import main
from pipeline.media.colored import Colored
from pipeline.media.pictures import BEST, GAP_PX, write_ranking
from pipeline.media.plan import find_photos
from tests.drawing import draw_photo
from tests.fuzz.seeds import seeds


def pixels(path):
    return pyvips.Image.new_from_file(str(path)).numpy().astype(int)


def test_before_and_after_stand_side_by_side(gray_photo, capsys):
    assert main([str(gray_photo), "--compare"]) == 0
    path = gray_photo.with_name("beach_color_compare.jpg")
    assert f"written: {path}" in capsys.readouterr().err
    both = pixels(path)
    assert both.shape == (200, 300 + GAP_PX + 300, 3)
    before, after = both[:, :300], both[:, 300 + GAP_PX :]
    assert np.ptp(before, axis=2).max() <= 6
    assert np.ptp(after, axis=2).mean() > 3
    assert np.abs(before.mean(axis=2) - pixels(gray_photo).squeeze()).mean() < 2
    assert both[:, 304:312].min() > 240  # the gap


def test_a_panorama_stands_above_itself(tmp_path):
    path = tmp_path / "wide.png"
    drawn = draw_photo("beach", 0, 100, 5000)
    pyvips.Image.new_from_array(drawn, interpretation="srgb").write_to_file(str(path))
    assert main([str(path), "--compare"]) == 0
    assert pixels(tmp_path / "wide_color_compare.jpg").shape == (32 + GAP_PX + 32, 1600, 3)


def test_a_bar_for_each_of_the_five_best_categories(gray_photo):
    assert main([str(gray_photo), "--ranking"]) == 0
    image = pixels(gray_photo.with_name("beach_color_ranking.png"))
    rows = np.flatnonzero(image[:, 400].min(axis=1) < 245)
    assert len(np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)) == BEST


def test_bars_are_as_long_as_the_confidences(tmp_path):
    ranking = [("beach", 0.6), ("a category of a very long name indeed", 0.3), ("bus", 0.0)]
    colored = Colored(
        input=tmp_path / "a.jpg", output=tmp_path / "a_color.jpg", category="beach",
        confidence=0.6, ranking=ranking, width=1, height=1, seconds=0.0, colorizer="",
    )  # fmt: skip
    image = pixels(write_ranking(colored))
    blue = ((image[..., 2] - image[..., 0]) > 60)[:, 190:]  # right of the names
    lengths = [blue[28 + 56 * i + 28].sum() for i in range(3)]
    assert abs(lengths[0] - 2 * lengths[1]) <= 3
    assert lengths[2] == 0


def test_pictures_are_not_coloured_in_the_next_run(gray_photo):
    assert main([str(gray_photo.parent), "--compare", "--ranking"]) == 0
    assert find_photos(gray_photo.parent) == [gray_photo]


def test_before_and_after_bear_a_photo_whose_metadata_have_names_that_are_no_text(tmp_path):
    named = seeds()["metadata.avif"].replace(b"Exif", b"E\xffif", 1)  # what an item holds
    (tmp_path / "odd.avif").write_bytes(named)
    assert main([str(tmp_path / "odd.avif"), "--compare"]) == 0
    assert pixels(tmp_path / "odd_color_compare.jpg").shape[2] == 3
