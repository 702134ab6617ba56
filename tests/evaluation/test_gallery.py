import numpy as np
import pandas as pd
import pytest
import pyvips

from basics.errors import DataError
from evaluation.encoded import encode_photo, gray_rgb, routed_rgb
from evaluation.gallery import main, photo_names, pick, score_routed
from evaluation.metrics import psnr_db
from pipeline import Colorizer
from preprocessing.packing import load_packed

CATEGORIES = ("beach", "forest", "fruit")


def _scores(gains, colorfulness=50.0):
    shared = {"category": "dog", "colorfulness": colorfulness}
    return pd.DataFrame(
        [{"photo": str(i), "gain_db": gain} | shared for i, gain in enumerate(gains)]
    )


def test_the_best_gain_most_over_gray_and_the_worst_least():
    picked = pick(_scores([1.0, 5.0, -2.0, 3.0, 0.0]), 2)
    assert list(picked["kind"]) == ["best", "best", "worst", "worst"]
    assert list(picked["gain_db"]) == [5.0, 3.0, -2.0, 0.0]


def test_a_photo_that_stayed_gray_is_neither():
    scores = pd.concat([_scores([9.0, -9.0], colorfulness=14.9), _scores([1.0, 2.0], 15.0)])
    assert list(pick(scores, 1)["gain_db"]) == [2.0, 1.0]


def test_no_photo_is_both_best_and_worst():
    picked = pick(_scores([1.0, 2.0, 3.0]), 3)
    assert list(picked["gain_db"]) == [3.0, 1.0]
    with pytest.raises(DataError, match="too few photos"):
        pick(_scores([1.0]), 3)


def test_photos_are_coloured_as_by_the_router_and_known_by_their_files(tiny_bundle, packed_photos):
    colorizer = Colorizer(tiny_bundle)
    scores = score_routed(colorizer, packed_photos, CATEGORIES)
    assert len(scores) == 6
    row = scores.iloc[3]
    rgb = np.asarray(load_packed(packed_photos, "forest", "test")[1])
    photo = encode_photo(colorizer, rgb)
    ours = routed_rgb(colorizer, photo)
    assert row["gain_db"] == pytest.approx(psnr_db(ours, rgb) - psnr_db(gray_rgb(photo), rgb))
    assert (row["chosen"], row["confidence"]) == photo.ranking[0]
    file = packed_photos / "forest" / "test" / "color" / f"{row['photo']}.png"
    np.testing.assert_array_equal(pyvips.Image.new_from_file(str(file)).numpy(), rgb)


def test_photos_that_are_not_those_listed_are_refused(packed_photos, tmp_path):
    (tmp_path / "beach").mkdir()
    np.save(tmp_path / "beach" / "test.npy", load_packed(packed_photos, "beach", "test")[:1])
    (tmp_path / "photos.csv").write_bytes((packed_photos / "photos.csv").read_bytes())
    with pytest.raises(DataError, match=r"photos\.csv lists 2 of 'beach'"):
        photo_names(tmp_path, "beach")


def test_the_command_writes_a_table_and_a_sheet_per_category(
    tiny_bundle, packed_photos, tmp_path, capsys
):
    results, sheets = tmp_path / "results", tmp_path / "sheets"
    options = ["--models", str(tiny_bundle), "--packed-dir", str(packed_photos)]
    places = ["--results-dir", str(results), "--sheets-dir", str(sheets)]
    faint = ["--least-colorfulness", "0", "--count", "1"]
    assert main([*options, *places, *faint]) == 0
    written = [results / "gallery.csv", *(sheets / f"{one}.png" for one in CATEGORIES)]
    assert capsys.readouterr().out.split() == [str(path) for path in written]
    assert [path.name for path in results.iterdir()] == ["gallery.csv"]  # no photo beside it
    table = pd.read_csv(written[0], dtype={"photo": str})
    assert list(table["kind"]) == ["best", "worst"] * 3
    for category in CATEGORIES:
        photos = table[table["category"] == category]["photo"]
        assert set(photos) == set(photo_names(packed_photos, category))
    sheet = pyvips.Image.new_from_file(str(written[1]))
    assert (sheet.width, sheet.height) == (700, 480)  # three columns, two rows
