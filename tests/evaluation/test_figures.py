import numpy as np
import pandas as pd
import pytest

from evaluation import figures, showcase
from pipeline.colorizer import Colorizer


def test_a_grid_shows_each_photo_in_each_column():
    image = np.zeros((8, 8, 3), np.uint8)
    figure = figures.photo_grid(["gray", "truth"], [("beach", [image, image])] * 3)
    assert len(figure.axes) == 6
    assert [axis.get_title() for axis in figure.axes[:2]] == ["gray", "truth"]
    assert figure.axes[0].get_ylabel() == "beach"


def test_scores_are_drawn_with_their_unit_and_one_colour_per_method():
    means, interval = np.array([20.0, 22.0]), np.array([[19.0, 21.0], [21.0, 23.0]])
    figure = figures.category_scores(["a", "b"], {"gray": (means, interval)}, "PSNR in dB")
    (axis,) = figure.axes
    assert axis.get_ylabel() == "PSNR in dB"
    line = axis.lines[0]
    assert line.get_color() == figures.METHOD_COLORS["gray"]
    np.testing.assert_array_equal(line.get_ydata(), means)


def test_a_confusion_figure_shows_shares_of_each_row():
    figure = figures.confusion_figure(["a", "b"], np.array([[3, 1], [0, 0]]))
    assert {text.get_text() for text in figure.axes[0].texts} == {".75", ".25"}
    shares = np.asarray(figure.axes[0].images[0].get_array(), float)
    np.testing.assert_allclose(shares, [[0.75, 0.25], [0, 0]])


def test_a_matrix_figure_centres_gains_on_0_and_boxes_the_best_of_each_column():
    gains = np.array([[1.0, 0.5], [-3.0, -0.001]])
    figure = figures.category_matrix_figure(["a", "b"], gains, "gain in dB", is_gain=True)
    axis, bar = figure.axes
    assert axis.get_xlabel().startswith("category of the photos")
    assert axis.get_ylabel() == "category of the colorizer"
    assert bar.get_ylabel() == "gain in dB"
    assert axis.images[0].get_clim() == (-3, 3)
    np.testing.assert_array_equal(np.asarray(axis.images[0].get_array()), gains)
    assert [text.get_text() for text in axis.texts] == ["1.00", "0.50", "-3.00", "0.00"]
    dashes, boxes = (
        [_middle(box) for box in axis.patches if box.get_linestyle() == style]
        for style in ("--", "solid")
    )
    np.testing.assert_allclose(dashes, axis.transData.transform([(0, 0), (1, 1)]))  # the diagonal
    np.testing.assert_allclose(boxes, axis.transData.transform([(0, 0), (1, 0)]))  # the first row


def _middle(box):
    return box.get_extents().get_points().mean(axis=0)


def test_a_matrix_figure_of_no_gain_marks_the_diagonal_alone():
    figure = figures.category_matrix_figure(
        ["a", "b"], np.array([[10.0, 20.0], [30.0, 40.4]]), "colorfulness"
    )
    axis, bar = figure.axes
    assert bar.get_ylabel() == "colorfulness"
    assert [box.get_linestyle() for box in axis.patches] == ["--", "--"]
    assert axis.texts[-1].get_text() == "40"


@pytest.mark.slow
def test_the_showcase_writes_what_the_readme_shows(shipped, tmp_path, capsys):
    options = ["--models", str(shipped), "--examples-dir", str(tmp_path)]
    assert showcase.main([*options, "--results-dir", str(tmp_path)]) == 0
    names = ["before_after.jpg", "astronaut.jpg", "grid.jpg", "showcase.csv"]
    assert capsys.readouterr().out.split() == [str(tmp_path / name) for name in names]
    assert (tmp_path / "grid.jpg").stat().st_size < 500_000
    table = pd.read_csv(tmp_path / "showcase.csv", keep_default_na=False)
    assert set(table["photo"]) == set(showcase.PHOTOS)
    assert set(table["method"]) == set(showcase.COLUMNS)
    routed = table[table["method"] == "routed"]
    gains = routed["gain_db"].astype(float)
    assert gains.is_monotonic_decreasing
    assert gains.iloc[0] > 1
    wrong = table[table["method"] == "wrong category"].reset_index()
    assert (wrong["category"] != routed.reset_index()["category"]).all()
    row = showcase.before_and_after(Colorizer(shipped), ["chelsea"])
    gray, colored = row[:, :256].astype(int), row[:, -256:].astype(int)
    assert np.ptp(gray, axis=2).max() == 0
    assert np.ptp(colored, axis=2).mean() > 5
