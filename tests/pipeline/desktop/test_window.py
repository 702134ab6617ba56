"""The window under Xvfb, driven by real keys and clicks; no window manager."""

import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import ImageGrab

from basics.errors import DataError
from pipeline import Colorizer, ColorRequest, Limits, Rendering
from pipeline.desktop.__main__ import main
from pipeline.desktop.background import Background
from pipeline.desktop.layout import CAPTION_PX, CONTROLS_PX, GAP_PX, arrange
from pipeline.desktop.window import PREVIEW_PX
from pipeline.preview import OpenPhoto
from preprocessing.categories import CATEGORIES
from tests.drawing import draw_photo

ROOT = Path(__file__).parents[3]
TITLE = "Image colorizer"
DEADLINE_S = 60
FILES, MESSAGE, LIST = "^TkFDialog$", "^Dialog$", "^ComboboxPopdown$"  # classes of windows of Tk's


def until(condition, what):
    """Wait for what a condition gives, if it is true at last."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    pytest.fail(f"not within {DEADLINE_S} s: {what}")


@pytest.fixture(scope="module")
def display():
    """The name of a screen of 1280 x 800 px that nobody sees."""
    for program in ("Xvfb", "xdotool"):
        if not shutil.which(program):
            pytest.fail(f"no {program}: install it (Debian: apt install xvfb xdotool)")
    if not find_spec("tkinter"):
        pytest.fail("no tkinter: install it (Debian: apt install python3-tk)")
    told, tells = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(tells), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[tells], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(tells)
    until(lambda: select.select([told], [], [], 0)[0], "Xvfb starts")
    with os.fdopen(told) as file:
        name = f":{file.readline().strip()}"
    yield name
    server.terminate()
    server.wait()


class Desk:
    """A running window."""

    def __init__(self, display, *args):
        self.environment = {**os.environ, "DISPLAY": display, "LC_ALL": "C.UTF-8"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.desktop", *map(str, args)],
            env=self.environment, cwd=ROOT, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.window = until(lambda: self.find("--name", TITLE), "the window opens")
        self.do("mousemove", 300, 300)

    def do(self, *command):
        done = subprocess.run(
            ["xdotool", *map(str, command)],
            env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout.strip()

    def find(self, *how):
        """A window that can be seen; "" if there is none."""
        assert self.process.poll() is None, self.process.communicate()
        return self.do("search", "--onlyvisible", *how).split("\n")[0]

    def title(self):
        return self.do("getwindowname", self.window)

    def press(self, *keys):
        self.do("key", *keys)

    def answer(self, kind, *commands):
        """Wait for a window of Tk's, do something to it, and wait till it has gone."""
        window = until(lambda: self.find("--class", kind), f"a window of class {kind}")
        self.do("mousemove", "--window", window, 20, 20)  # keys go to where the mouse is
        for command in commands:
            self.do(*command)
        until(lambda: not self.find("--class", kind), f"no window of class {kind}")

    def choose(self, name):
        """Choose a category by the mouse."""
        self.do("mousemove", *self.white()[2], "click", 1)
        window = until(lambda: self.find("--class", LIST), "the list of categories")
        rows = ["automatic", *CATEGORIES]
        y = self.size(window)[1] * (rows.index(name) + 0.5) / len(rows)
        self.answer(LIST, ("mousemove", "--window", window, 40, int(y), "click", 1))

    def open(self, path):
        self.press("ctrl+o")
        self.answer(FILES, ("type", path), ("key", "Return"))

    def save(self, path):
        self.press("ctrl+s")
        self.answer(FILES, ("type", path), ("key", "Return"))
        until(path.exists, f"{path.name} is written")

    def screen(self):
        """(H, W, 3) int, the window's part of the screen."""
        width, height = self.size()
        image = ImageGrab.grab(xdisplay=self.environment["DISPLAY"]).convert("RGB")
        return np.asarray(image)[:height, :width].astype(int)

    def size(self, window=""):
        """Width and height, px."""
        lines = self.do("getwindowgeometry", "--shell", window or self.window).split()
        told = dict(line.split("=") for line in lines)
        return int(told["WIDTH"]), int(told["HEIGHT"])

    def pictures(self):
        """(H, W, 3) int, the part of the screen where they are."""
        return self.screen()[40:-40, :-CONTROLS_PX]

    def await_colour(self):
        """Wait until a photo is coloured and nothing is being done; gives the pictures."""
        until(lambda: colourful(self.pictures()).sum() > 5000, "a coloured photo")
        return self.await_rest()

    def await_rest(self):
        """Wait until nothing moves, the bar at the lower right included; gives the pictures."""

        def rests():
            before = self.screen()
            time.sleep(0.2)
            is_busy = bluish(before[-40:, -CONTROLS_PX:]).any()
            return not is_busy and np.array_equal(before, self.screen())

        until(rests, "nothing is done")
        return self.pictures()

    def white(self):
        """(x, y) of the middles of what is white in the controls: Open, Save, Category."""
        screen = self.screen()
        x = screen.shape[1] - 60
        rows = np.flatnonzero((screen[:, x] == 255).all(axis=-1))
        runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
        return [(x, int(run.mean())) for run in runs if len(run) > 15]


def colourful(pixels):
    return np.ptp(pixels, axis=-1) > 25


def bluish(pixels):
    return pixels[..., 2] - pixels[..., 0] > 60


def pixels(path):
    return pyvips.Image.new_from_file(str(path)).numpy()


@pytest.fixture
def photo(tmp_path):
    """A portrait of 512 x 512 px."""
    return Path(shutil.copy(ROOT / "examples" / "astronaut.jpg", tmp_path / "portrait.jpg"))


@pytest.fixture
def start(display):
    """Starts windows; each must end by itself, with exit code 0 and without a traceback."""
    desks = []

    def start(*args):
        desks.append(Desk(display, *args))
        return desks[-1]

    yield start
    for desk in desks:
        desk.process.kill()
        _, err = desk.process.communicate()
        assert "Traceback" not in err
        assert desk.process.returncode in (0, 130), "it was never closed"


def close(desk):
    desk.press("ctrl+q")
    assert desk.process.wait(DEADLINE_S) == 0


def refuse(error):
    raise error


class Loop:
    """Tk's `after`, without Tk."""

    def after(self, _, call):
        self.due = call

    def run(self, work):
        until(lambda: self.due() or not work.is_busy, "all is done")
        work.close()


def test_a_photo_given_on_the_command_line_shows_in_colour_beside_the_gray_one(start, photo):
    desk = start(photo)
    pictures = desk.await_colour()
    middle = pictures.shape[1] // 2
    assert not colourful(pictures[:, :middle]).any()
    assert colourful(pictures[:, middle:]).sum() > 5000
    assert desk.title() == f"portrait.jpg - {TITLE}"
    close(desk)


def test_a_photo_is_opened_with_the_mouse_and_saved_with_the_keyboard(start, photo, tmp_path):
    desk = start()
    (button,) = desk.white()  # all else is disabled without a photo
    desk.do("mousemove", *button, "click", 1)
    desk.answer(FILES, ("type", photo), ("key", "Return"))
    desk.await_colour()
    desk.save(tmp_path / "mine.jpg")
    close(desk)
    wanted = Colorizer().colorize(photo, tmp_path / "wanted.jpg").output
    assert (tmp_path / "mine.jpg").read_bytes() == wanted.read_bytes()


def test_another_category_and_more_colour_show_at_once_and_are_saved(start, photo, tmp_path):
    desk = start(photo)
    automatic = desk.await_colour()
    desk.choose("beach")
    until(lambda: np.abs(desk.pictures() - automatic).mean() > 0.5, "other colours")
    beach = desk.await_rest()
    desk.press("Tab", "Right", "Right", "Right", "Right")  # of 0.05 each
    until(lambda: np.abs(desk.pictures() - beach).mean() > 0.2, "more colour")
    more = desk.await_rest()
    desk.press("Tab", "space")  # best
    until(lambda: not np.array_equal(desk.pictures(), more), "the best colours")
    desk.await_rest()
    desk.save(tmp_path / "mine.png")
    close(desk)
    request = ColorRequest(category="beach", saturation=1.2, best=True)
    wanted = Colorizer().colorize(photo, tmp_path / "wanted.png", request).output
    np.testing.assert_array_equal(pixels(tmp_path / "mine.png"), pixels(wanted))


def test_chosen_colours_are_not_lost_unasked(start, photo):
    desk = start(photo)
    desk.await_colour()
    desk.choose("animal")
    desk.press("ctrl+q")
    desk.answer(MESSAGE, ("key", "Return"))  # cancel
    desk.await_colour()
    desk.press("ctrl+q")
    desk.answer(MESSAGE, ("key", "Shift+Tab"), ("key", "space"))
    assert desk.process.wait(DEADLINE_S) == 0


def test_a_broken_photo_is_told_and_the_one_before_it_stays(start, photo, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(photo.read_bytes()[:5000])
    desk = start(photo)
    before = desk.await_colour()
    desk.open(broken)
    until(lambda: desk.find("--class", MESSAGE), "a message")
    assert np.abs(desk.pictures() - before).max() > 100  # there it is
    desk.answer(MESSAGE, ("key", "Return"))
    until(lambda: np.array_equal(desk.pictures(), before), "the photo that was there")
    assert desk.title() == f"portrait.jpg - {TITLE}"
    desk.save(tmp_path / "mine.jpg")  # it lives on
    close(desk)


def test_a_photo_that_is_not_there_leaves_an_empty_window(start, photo, tmp_path):
    desk = start(tmp_path / "missing.jpg")
    desk.answer(MESSAGE, ("key", "Return"))
    desk.open(photo)
    assert colourful(desk.await_colour()).any()
    close(desk)


def test_pictures_follow_the_size_of_the_window(start, photo):
    desk = start(photo)
    large = colourful(desk.await_colour()).sum()
    desk.do("windowsize", "--sync", desk.window, 800, 600)
    until(lambda: 0 < colourful(desk.pictures()).sum() < 0.6 * large, "smaller pictures")
    assert desk.size() == (800, 600)
    desk.do("windowsize", "--sync", desk.window, 1280, 780)
    until(lambda: colourful(desk.pictures()).sum() > 1.1 * large, "larger pictures")
    close(desk)


def test_closing_waits_for_what_is_being_saved(start, tmp_path):
    path, result = tmp_path / "large.png", tmp_path / "result.png"
    image = pyvips.Image.new_from_array(draw_photo("beach", 0), interpretation="srgb")
    image.resize(12).write_to_file(str(path), compression=1)  # 8.6 megapixels
    desk = start(path)
    desk.await_colour()
    desk.press("ctrl+s")
    desk.answer(FILES, ("type", result), ("key", "Return"))
    desk.press("ctrl+q")
    assert desk.process.wait(DEADLINE_S) == 0
    assert pixels(result).shape == (2400, 3600, 3)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["large.png", "result.png"]


@pytest.mark.parametrize("asks", [False, True])
def test_control_c_ends_it(start, photo, asks):
    desk = start(photo)
    desk.await_colour()
    if asks:
        desk.press("ctrl+o")
        until(lambda: desk.find("--class", FILES), "a dialog")
    desk.process.send_signal(signal.SIGINT)
    _, err = desk.process.communicate(timeout=DEADLINE_S)
    assert desk.process.returncode == 130
    assert err.endswith("stopped\n")


def test_of_two_photos_the_one_opened_last_wins():
    seen, first_may_end, loop = [], threading.Event(), Loop()
    work = Background(loop.after, refuse, lambda: None)
    work.open(lambda: first_may_end.wait(DEADLINE_S), lambda _: seen.append("first"))
    work.open(lambda: "second", seen.append)
    first_may_end.set()
    loop.run(work)
    assert seen == ["second"]


def test_of_many_repaints_the_last_is_seen_and_not_all_are_made():
    seen, made, first_may_end, loop = [], [], threading.Event(), Loop()
    work = Background(loop.after, refuse, lambda: None)
    work.paint(lambda: first_may_end.wait(DEADLINE_S), lambda _: None)
    for i in range(20):
        work.paint(lambda i=i: made.append(i) or i, seen.append)
    first_may_end.set()
    loop.run(work)
    assert seen == made == [19]


def test_the_preview_of_a_small_photo_is_what_is_saved(photo, tmp_path):
    opened = OpenPhoto(Colorizer(), photo, longest_px=PREVIEW_PX, limits=Limits())
    for category, saturation in ((None, 1.0), ("sunset", 1.0), ("sunset", 1.5)):
        request = ColorRequest(category=category, saturation=saturation)
        preview = opened.color(request)
        output = opened.save(tmp_path / f"{category}{saturation}.png", request, Rendering())
        np.testing.assert_array_equal(preview.after.numpy(), pixels(output))


def test_a_photo_is_never_overwritten_by_its_own_colours(photo):
    before = photo.read_bytes()
    opened = OpenPhoto(Colorizer(), photo, longest_px=PREVIEW_PX, limits=Limits())
    with pytest.raises(DataError, match="black-and-white photo itself"):
        opened.save(photo.parent / "." / photo.name, ColorRequest(), Rendering(), force=True)
    assert photo.read_bytes() == before


@pytest.mark.parametrize("area", [(870, 690), (390, 440), (1670, 1000), (20, 20)])
@pytest.mark.parametrize("picture", [(300, 200), (200, 300), (1024, 32), (32, 1024), (1, 1)])
def test_both_pictures_fit_and_keep_their_proportions(picture, area):
    (width, height), ((x, y), (right, below)) = arrange(picture, area)
    if min(area) > 100:
        assert x >= GAP_PX - 1
        assert y >= GAP_PX - 1
        assert right + width <= area[0] - GAP_PX + 1
        assert below + height <= area[1] - CAPTION_PX - GAP_PX + 1
        assert abs(width / height - picture[0] / picture[1]) < 0.1 * picture[0] / picture[1]
    assert (right, below) in ((x + width + GAP_PX, y), (x, y + height + CAPTION_PX + GAP_PX))
    assert min(width, height) >= 1


def test_no_display_is_told():
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.desktop"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: no window can be opened")
    assert "where: DISPLAY=\n" in done.stderr
    assert "fix: run it on a desktop" in done.stderr


def test_a_python_without_tkinter_is_told(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tkinter", None)
    assert main([]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: this Python has no tkinter")
    assert "apt install python3-tk" in err


def test_a_missing_bundle_is_told(capsys, tmp_path):
    assert main(["--models", str(tmp_path)]) == 1
    assert "error: no bundle of models" in capsys.readouterr().err


def test_importing_the_command_costs_nothing():
    program = (
        "import sys, pipeline.desktop.__main__\n"
        "costly = ('tkinter', 'onnxruntime', 'pyvips', 'numpy')\n"
        "print([name for name in costly if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
