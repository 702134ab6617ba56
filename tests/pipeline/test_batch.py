import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import pyvips

from basics.errors import Cancelled, CheckpointError, ConfigError
from pipeline import Colorizer, ColorRequest, Limits, Rendering
from pipeline.batch import BATCH, Order, colorize_all
from pipeline.colorize import main
from pipeline.engine.bundle_file import read_bundle
from pipeline.media.plan import Task
from tests.drawing import CATEGORIES, draw_photo

SIZES = [(200, 300), (300, 200), (256, 256)]


def order(**wanted):
    return Order(request=ColorRequest(**wanted), rendering=Rendering(), limits=Limits())


@pytest.fixture
def album(tmp_path):
    """Fourteen gray photos of three sizes, and two that are none."""
    folder = tmp_path / "album"
    folder.mkdir()
    for i in range(14):
        drawn = draw_photo(CATEGORIES[i % 3], i, *SIZES[i % 3])
        image = pyvips.Image.new_from_array(drawn, interpretation="srgb").colourspace("b-w")
        image.write_to_file(str(folder / f"{i:02}.png"))
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("no photo")
    return folder


def tasks_of(album, output):
    return [Task(photo=path, output=output / path.name) for path in sorted(album.iterdir())]


@pytest.mark.parametrize("workers", [1, 5])
def test_each_task_has_one_outcome_and_the_picture_that_it_gets_alone(album, tmp_path, workers):
    colorizer = Colorizer(threads=1)
    tasks = tasks_of(album, tmp_path / "out")
    outcomes = list(colorize_all(colorizer, tasks, order(), workers=workers))
    assert sorted(one.task.photo for one in outcomes) == [task.photo for task in tasks]
    assert sorted(one.task.photo.name for one in outcomes if one.error) == ["empty.png", "text.png"]
    for outcome in outcomes:
        if outcome.colored:
            alone = colorizer.colorize(outcome.task.photo, tmp_path / "alone.png",
                                       force=True)  # fmt: skip
            assert outcome.colored.category == alone.category
            assert outcome.colored.colorizer == alone.colorizer
            one, other = (
                pyvips.Image.new_from_file(str(path), revalidate=True).numpy().astype(int)
                for path in (outcome.task.output, alone.output)
            )
            assert np.abs(one - other).max() <= 1  # sums of floats in another order


def test_photos_of_one_size_pass_each_network_together(album, tmp_path):
    colorizer = Colorizer(threads=1)
    sizes = []
    router = colorizer.engine.models.open(colorizer.bundle.router)
    run = type(router).__call__

    class Counting(type(router)):
        def __call__(self, inputs):
            sizes.append(len(inputs[0]))
            return run(self, inputs)

    router.__class__ = Counting
    tasks = tasks_of(album, tmp_path / "out")
    list(colorize_all(colorizer, tasks, order(), workers=1))
    assert sum(sizes) == 14
    assert max(sizes) == BATCH
    assert len(sizes) < 14
    sizes.clear()
    best = replace(order(best=True), force=True)
    list(colorize_all(colorizer, tasks[:6], best, workers=1))
    assert sum(sizes) == 4 * 6  # two sizes, and their mirror images
    assert max(sizes) == 2 * BATCH


def test_an_unknown_category_stops_before_the_first_photo(album, tmp_path):
    with pytest.raises(ConfigError, match="unknown category"):
        list(colorize_all(Colorizer(), tasks_of(album, tmp_path), order(category="beech")))
    assert [path.name for path in tmp_path.iterdir()] == ["album"]


def test_a_damaged_bundle_stops_a_folder_once(album, tiny_bundle, tmp_path, capsys):
    broken = shutil.copytree(tiny_bundle, tmp_path / "broken")
    (broken / read_bundle(broken).router.file).write_bytes(b"broken")
    assert main([str(album), "--models", str(broken)]) == 1
    err = capsys.readouterr().err
    assert err.count("a file of the bundle is damaged: its sha256 is") == 1
    assert not list(album.glob("*_color*"))


def test_a_folder_ends_with_a_summary(album, capsys):
    assert main([str(album), "--json"]) == 1
    out, err = capsys.readouterr()
    assert {json.loads(line)["width"] for line in out.splitlines()} == {300, 200, 256}
    assert "14 coloured, 2 failed" in err
    assert f"failed: {album / 'empty.png'}: the file is empty" in err
    assert f"failed: {album / 'text.png'}: not a photo that can be read" in err
    assert f"{album / '00.png'}: " in err


def test_any_number_of_threads_colours_all(album, tmp_path):
    for threads in ("1", "3"):
        output = tmp_path / threads
        assert main([str(album), "-o", str(output), "--threads", threads]) == 1
        assert len(list(output.iterdir())) == 14


def test_a_folder_of_photos_for_the_network_of_figure_3(album, tmp_path):
    output = tmp_path / "out"
    assert main([str(album), "-o", str(output), "--colorizer", "encoder_decoder"]) == 1
    assert len(list(output.iterdir())) == 14


class Faulty(Colorizer):
    """Meets what nobody has foreseen in one step of one photo."""

    def __init__(self, step, name, error):
        super().__init__(threads=1)
        self.step, self.name, self.error = step, name, error

    def _meet(self, step, path):
        if step == self.step and path.name == self.name:
            raise self.error

    def open(self, path, *args, **kwargs):
        self._meet("open", path)
        return super().open(path, *args, **kwargs)

    def predict_frames(self, frames, request):
        for frame in frames:
            self._meet("predict", frame.photo.path)
        return super().predict_frames(frames, request)

    def write(self, job, prediction, request, seconds):
        self._meet("write", job.frame.photo.path)
        return super().write(job, prediction, request, seconds)


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("open", EOFError("no more bytes")),
        ("open", MemoryError()),
        ("predict", KeyError("I;16")),
        ("write", RecursionError("deep")),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_nobody_foresaw_ends_no_photo_but_its_own(album, tmp_path, step, error):
    tasks = tasks_of(album, tmp_path / "out")[:6]
    colorizer = Faulty(step, "03.png", error)
    outcomes = {one.task.photo.name: one for one in colorize_all(colorizer, tasks, order())}
    assert len(outcomes) == len(tasks)
    failed = {name for name, one in outcomes.items() if one.error}
    assert failed == {"03.png"}
    told = outcomes["03.png"].error
    assert told is not None
    what, where, fix = told.args
    assert what.startswith(f"the photo cannot be coloured: {type(error).__name__}")
    assert where == str(album / "03.png")
    assert "report" in fix


def test_a_bundle_that_is_wrong_still_ends_the_run(album, tmp_path):
    colorizer = Faulty("predict", "03.png", CheckpointError("damaged", "a.onnx", "get it anew"))
    with pytest.raises(CheckpointError, match="damaged"):
        list(colorize_all(colorizer, tasks_of(album, tmp_path / "out")[:6], order()))


def test_a_cancelled_run_ends_and_blames_no_photo(album, tmp_path):
    wanted = order()
    wanted.limits.cancel.cancel()
    with pytest.raises(Cancelled, match="cancelled"):
        list(colorize_all(Colorizer(), tasks_of(album, tmp_path / "out"), wanted))
