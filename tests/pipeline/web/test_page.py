"""The page in a real browser. Screenshots of each test are kept in runs/screenshots."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image
from selenium.webdriver import ActionChains

from pipeline.colorizer import Colorizer
from pipeline.engine.request import ColorRequest
from tests.drawing import draw_photo
from tests.pipeline.web.conftest import Server
from tests.pipeline.web.visitor import Visitor, wait_for

pytestmark = pytest.mark.browser
PHONE = (390, 844)  # px


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gray JPEG of a beach, with the name of who took it."""
    path = tmp_path_factory.mktemp("photo") / "at the sea.jpg"
    image = pyvips.Image.new_from_array(draw_photo("beach", 0)).colourspace("b-w").copy()
    image.set_type(pyvips.GValue.gstr_type, "exif-ifd0-Artist", "A. Author (A. Author, ASCII)")
    image.write_to_file(str(path), Q=95)
    return path


def colorfulness(picture: np.ndarray) -> float:
    return float(np.ptp(picture.astype(int), axis=2).mean())


def test_a_photo_turns_into_colour(visitor: Visitor, photo: Path):
    visitor.give(photo)
    before, after = visitor.pictures()
    assert colorfulness(before) < 1 < 5 < colorfulness(after)
    assert before.shape == after.shape == (200, 300, 3)
    assert "300 x 200 px" in visitor.text("#status")
    assert len(visitor.all("#ranking .confidence-set")) == 20
    assert visitor.asked_elsewhere() == []


def test_the_slider_moves_with_the_mouse(visitor: Visitor, photo: Path):
    visitor.give(photo)
    handle = visitor.find("#result .outer")
    place = handle.rect["x"]
    ActionChains(visitor.browser).drag_and_drop_by_offset(handle, 100, 0).perform()
    assert handle.rect["x"] > place + 50


def test_the_slider_moves_with_the_keyboard(visitor: Visitor, photo: Path):
    visitor.give(photo)
    handle, field = visitor.find("#result .outer"), visitor.find("#divider input[type=range]")
    place = handle.rect["x"]
    visitor.browser.execute_script("arguments[0].focus()", field)
    ActionChains(visitor.browser).send_keys("\ue014" * 4).perform()  # to the right
    assert wait_for(lambda: handle.rect["x"] > place + 50)


def test_a_photo_is_taken_where_it_is_dropped(visitor: Visitor):
    visitor.browser.execute_async_script(
        """
        const [done, where] = [arguments[0], document.querySelector("#photo button")];
        const canvas = document.createElement("canvas");
        canvas.getContext("2d").fillRect(0, 0, 99, 99);
        canvas.toBlob(blob => {
            const data = new DataTransfer();
            data.items.add(new File([blob], "dropped.png", {type: "image/png"}));
            where.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
            done();
        });
        """
    )
    visitor.wait_until_colored()
    assert "PNG" in visitor.text("#download")


def test_a_photo_is_taken_from_the_clipboard(visitor: Visitor):
    permissions = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    visitor.browser.execute_cdp_cmd("Browser.grantPermissions", permissions)
    visitor.browser.execute_async_script(
        """
        const done = arguments[0], canvas = document.createElement("canvas");
        canvas.getContext("2d").fillRect(0, 0, 99, 99);
        canvas.toBlob(async blob => {
            await navigator.clipboard.write([new ClipboardItem({"image/png": blob})]);
            done();
        });
        """
    )
    visitor.click("#photo [aria-label='Paste from clipboard']")
    visitor.wait_until_colored()
    assert "300 x 150 px" in visitor.text("#status")


def test_no_file_of_the_server_is_given_away(visitor: Visitor):
    for path in ("/etc/passwd", str(Path("README.md").absolute())):
        status = visitor.browser.execute_async_script(
            "fetch('/gradio_api/file=' + arguments[0]).then(one => arguments[1](one.status))", path
        )
        assert status == 403


def test_another_category_changes_the_picture(visitor: Visitor, photo: Path):
    visitor.give(photo)
    first = visitor.pictures()[1]
    visitor.choose("flower")
    visitor.wait_for_text("#status", "coloured as flower")
    visitor.wait_until_colored()
    flower = visitor.pictures()[1]
    assert not np.array_equal(flower, first)
    visitor.open_accordion("More ways")
    visitor.click("#best input")
    assert wait_for(lambda: not np.array_equal(visitor.pictures()[1], flower))
    visitor.wait_until_colored()
    assert visitor.download("#download").name == "at the sea_color_flower_best.jpg"


def test_a_bar_of_the_ranking_chooses_its_category(visitor: Visitor, photo: Path):
    visitor.give(photo)
    bar = visitor.all("#ranking .confidence-set")[3]
    name = bar.text.split()[0]
    bar.click()
    visitor.wait_for_text("#status", f"coloured as {name}")
    assert visitor.find("#category input").get_attribute("value") == name


def test_no_saturation_leaves_the_photo_gray(visitor: Visitor, photo: Path):
    visitor.give(photo)
    visitor.open_accordion("More ways")
    field = visitor.find("#saturation input[type=number]")
    field.click()
    field.send_keys("\ue009a\ue000", "0", "\ue007\ue004")
    assert wait_for(lambda: colorfulness(visitor.pictures()[1]) < 1)


def test_the_download_is_what_the_command_writes(visitor: Visitor, photo: Path, tmp_path: Path):
    visitor.give(photo)
    made = visitor.download("#download")
    expected = tmp_path / "expected.jpg"
    Colorizer().colorize(photo, expected)
    assert made.name == "at the sea_color.jpg"
    assert made.read_bytes() == expected.read_bytes()
    assert "A. Author" in str(pyvips.Image.new_from_file(str(expected)).get("exif-ifd0-Artist"))


@pytest.mark.parametrize("suffix", [".tif", ".heic"])
def test_a_photo_that_browsers_cannot_show_is_shown(visitor: Visitor, tmp_path: Path, suffix: str):
    from tests.corpus import corpus

    path = tmp_path / f"scan{suffix}"
    path.write_bytes(corpus()["deep.tif" if suffix == ".tif" else "color.heic"])
    visitor.give(path)
    before, after = visitor.pictures()
    assert before.shape == after.shape == (36, 48, 3)
    own = visitor.find("#photo img")
    wait_for(lambda: int(str(own.get_property("naturalWidth"))) == 48)


def test_a_broken_photo_is_told_and_the_page_lives_on(
    visitor: Visitor, photo: Path, tmp_path: Path
):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(photo.read_bytes()[: photo.stat().st_size // 2])
    visitor.find("#photo input[type=file]").send_keys(str(broken))
    told = visitor.wait_for_text(".toast-wrap", "damaged")
    assert "broken.jpg" in told
    visitor.come()
    visitor.give(photo)
    assert len(visitor.pictures()) == 2


def test_an_example_is_coloured(visitor: Visitor):
    visitor.click("#examples button")
    visitor.wait_until_colored()
    assert colorfulness(visitor.pictures()[1]) > 5


def test_every_colorizer_shows_what_it_makes(visitor: Visitor, photo: Path):
    visitor.give(photo)
    visitor.open_accordion("twenty")
    visitor.click("#every")
    wait_for(lambda: len(visitor.all("#sheet .thumbnail-item img, #sheet img")) >= 20)
    assert len({one.text for one in visitor.all("#sheet .caption-label")}) == 20


def test_several_photos_come_back_in_one_file(visitor: Visitor, photo: Path, tmp_path: Path):
    paths = [tmp_path / name for name in ("one.jpg", "two.png", "bad.jpg")]
    paths[0].write_bytes(photo.read_bytes())
    Image.fromarray(draw_photo("forest", 1)).convert("L").save(paths[1])
    paths[2].write_bytes(b"no photo")
    visitor.open_tab("Several photos")
    visitor.find("#photos input[type=file]").send_keys("\n".join(map(str, paths)))
    wait_for(lambda: "bad" in visitor.text("#photos"))
    visitor.click("#start-several")
    told = visitor.wait_for_text("#status-several", "2 of 3 coloured")
    visitor.wait_for_text("#download-several", "ZIP")
    assert "bad.jpg" in told or "bad.jpg" in visitor.text("#status-several")
    with zipfile.ZipFile(visitor.download("#download-several")) as archive:
        assert sorted(archive.namelist()) == ["one_color.jpg", "two_color.png"]
        (tmp_path / "made.png").write_bytes(archive.read("two_color.png"))
    expected = tmp_path / "expected.png"
    Colorizer().colorize(paths[1], expected, request=ColorRequest())
    assert (tmp_path / "made.png").read_bytes() == expected.read_bytes()


def test_a_round_of_the_turing_test_is_put_on_record(visitor: Visitor, server: Server):
    from pipeline.turing.answers import read

    before = read(server.answers) if server.answers.exists() else []  # other tests answer, too
    visitor.open_tab("Which one is real?")
    visitor.click("#turing-begin")
    visitor.wait_for_text("#turing-status", "Photo 1 of")
    wait_for(lambda: visitor.all("#turing-photo img"))
    visitor.click("#turing-real")
    visitor.wait_for_text("#turing-status", "the colours were")
    visitor.click("#turing-next")
    visitor.wait_for_text("#turing-status", "Photo 2 of")
    visitor.click("#turing-colored")
    visitor.wait_for_text("#turing-status", "the colours were")
    answers = read(server.answers)[len(before) :]
    assert [one.said_real for one in answers] == [True, False]
    assert all(one.seconds > 0 for one in answers)
    visitor.open_accordion("Results")
    visitor.click("#turing-results")
    visitor.wait_for_text("#turing-summed", f"{len(before) + 2} answers")
    wait_for(lambda: "too few" in visitor.text("#turing-rates"))


def test_the_page_fits_a_phone(visitor: Visitor, photo: Path):
    visitor.come(*PHONE)
    visitor.give(photo)
    wide = visitor.browser.execute_script("return document.documentElement.scrollWidth")
    seen = visitor.browser.execute_script("return window.innerWidth")
    assert wide <= seen
    assert visitor.find("#result").rect["width"] > 0.75 * seen
    assert visitor.find("#result").rect["y"] < visitor.find("#category").rect["y"]


def test_the_page_is_dark_where_the_visitor_wants_it(visitor: Visitor, photo: Path):
    theme = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    visitor.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", theme)
    try:
        visitor.come()
        visitor.give(photo)
        colour = visitor.browser.execute_script(
            "return getComputedStyle(document.querySelector('.gradio-container')).backgroundColor"
        )
        assert sum(int(one) for one in colour.strip("rgba()").split(",")[:3]) < 150
    finally:
        visitor.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_the_keyboard_alone_reaches_every_control(visitor: Visitor):
    script = "const one = document.activeElement; return [one.tagName, one.innerText, one.id]"
    reached = []
    for _ in range(40):
        ActionChains(visitor.browser).send_keys("\ue004").perform()
        reached.append(visitor.browser.execute_script(script))
    texts = " ".join(str(one[1]) for one in reached)
    assert "Several photos" in texts
    assert "More ways to colour it" in texts
    assert any(one[0] == "INPUT" for one in reached)
