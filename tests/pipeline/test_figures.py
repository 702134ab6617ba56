import numpy as np
import pytest

from pipeline import figures, showcase
from pipeline.router import Colorizer


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


@pytest.mark.slow
def test_the_showcase_writes_what_the_readme_shows(shipped, tmp_path, capsys):
    options = ["--models", str(shipped), "--examples-dir", str(tmp_path)]
    assert showcase.main([*options, "--results-dir", str(tmp_path)]) == 0
    names = ["before_after.jpg", "astronaut.jpg", "grid.jpg"]
    assert capsys.readouterr().out.split() == [str(tmp_path / name) for name in names]
    row = showcase.before_and_after(Colorizer(shipped), ["chelsea"])
    gray, colored = row[:, :256].astype(int), row[:, -256:].astype(int)
    assert np.ptp(gray, axis=2).max() == 0
    assert np.ptp(colored, axis=2).mean() > 5
