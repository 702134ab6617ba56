import base64
from pathlib import Path
from urllib.parse import unquote

import pytest
import pyvips
from fastapi import FastAPI
from fastapi.testclient import TestClient

from basics.errors import Cancelled
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle import PRETRAINED_DIR
from pipeline.engine.bundle_file import read_bundle
from pipeline.engine.request import ColorRequest, Rendering
from pipeline.web.app import build_app
from pipeline.web.limits import ServerLimits
from pipeline.web.problems import MEDIA_TYPE
from pipeline.web.workers.jobs import Ask
from pipeline.web.workers.messages import ColoredFile
from tests.bundles import copy_with_networks
from tests.drawing import draw_photo
from tests.pipeline.web.heavy import slow

BUNDLE = read_bundle(PRETRAINED_DIR)


@pytest.fixture(scope="module")
def content() -> bytes:
    """A gray JPEG of 300 x 200 px."""
    image = pyvips.Image.new_from_array(draw_photo("beach", 0)).colourspace("b-w")
    return image.write_to_buffer(".jpg", Q=95)


def post(api: TestClient, content: bytes, name: str = "sea.jpg", headers=None, **form: object):
    data = {key: str(value) for key, value in form.items()}
    files = {"file": (name, content)}
    return api.post("/v1/colorize", files=files, data=data, headers=headers)


def colored(
    content: bytes, folder: Path, suffix: str, rendering: Rendering | None = None, **wanted
) -> bytes:
    """What the library makes of a photo."""
    path, result = folder / f"in{suffix}", folder / f"out{suffix}"
    path.write_bytes(content)
    Colorizer().colorize(path, result, ColorRequest(**wanted), rendering=rendering)
    return result.read_bytes()


def test_a_photo_comes_back_as_the_library_colours_it(api, content, tmp_path):
    answer = post(api, content)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content == colored(content, tmp_path, ".jpg")
    ranking = [one.split(";q=") for one in answer.headers["x-ranking"].split(", ")]
    assert len(ranking) == 20
    assert ranking[0][0] == answer.headers["x-category"]
    assert sum(float(sure) for _, sure in ranking) == pytest.approx(1, abs=0.01)


def test_no_network_is_opened_in_the_server_itself(app: FastAPI, api, content):
    assert post(api, content, mode="vivid", top=3).status_code == 200
    assert app.state.service.colorizer.engine.models.opened == {}


def test_options_are_those_of_the_library(api, content, tmp_path):
    wanted = {"category": "flower", "top": 1, "saturation": 1.5, "best": True}
    rendering = Rendering(quality=40, strip=True)
    expected = colored(content, tmp_path, ".jpg", rendering=rendering, **wanted)
    answer = post(api, content, quality=40, strip=True, **wanted)
    assert answer.content == expected
    assert answer.headers["x-colorizer"] == "shared_encoder/flower"


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("png", "image/png"), ("webp", "image/webp"), ("tiff", "image/tiff"), ("jpg", "image/jpeg")],
)
def test_the_result_has_the_format_that_is_asked_for(api, content, form, media_type):
    answer = post(api, content, format=form)
    assert answer.headers["content-type"] == media_type
    image = pyvips.Image.new_from_buffer(answer.content, "")
    assert (image.width, image.height) == (300, 200)


@pytest.mark.parametrize("name", ["", "no suffix", "wrong.png", "sub/../../dir.jpg", "ü\n.jpg"])
def test_any_name_will_do(api, content, name):
    assert post(api, content, name=name or "x").status_code == 200


def test_json_is_given_where_it_is_accepted(api, content):
    answer = post(api, content, headers={"Accept": "application/json"})
    told = answer.json()
    assert base64.b64decode(told["image"]) == post(api, content).content
    assert told["ranking"][0]["category"] == told["category"]
    assert (told["width"], told["height"], told["media_type"]) == (300, 200, "image/jpeg")


def test_a_vivid_photo_has_more_colour(api, content):
    pictures = [
        pyvips.Image.new_from_buffer(post(api, content, mode=mode, format="png").content, "")
        for mode in ("faithful", "vivid")
    ]
    chroma = [one.colourspace("lch")[1].avg() for one in pictures]
    assert chroma[1] > chroma[0]


def test_a_category_in_any_letters_is_told(content, tiny_bundle, tmp_path):
    folder = copy_with_networks(tiny_bundle, tmp_path / "bundle", ["plage-été"])
    with TestClient(build_app(read_bundle(folder))) as api:
        answer = post(api, content, category="plage-été")
    assert answer.status_code == 200
    assert unquote(answer.headers["x-category"]) == "plage-été"


def test_a_colour_photo_is_left_alone_where_that_is_asked(api):
    rgb = pyvips.Image.new_from_array(draw_photo("beach", 0), interpretation="srgb")
    given = rgb.write_to_buffer(".png")
    answer = post(api, given, "a.png", keep_color=True)
    assert answer.content == given
    assert answer.headers["x-colorized"] == "false"
    assert "x-category" not in answer.headers


def test_every_page_of_a_scan_is_coloured(api):
    pages = pyvips.Image.new_from_array(draw_photo("beach", 0)).colourspace("b-w")
    both = pyvips.Image.arrayjoin([pages, pages], across=1).copy()
    both.set_type(pyvips.GValue.gint_type, "page-height", pages.height)
    scan = both.write_to_buffer(".tif")
    for asked, n_pages in (("first", 1), ("all", 2)):
        answer = post(api, scan, "scan.tif", pages=asked)
        image = pyvips.Image.new_from_buffer(answer.content, "")
        found = image.get("n-pages") if image.get_typeof("n-pages") else 1
        assert found == n_pages


@pytest.mark.parametrize(
    ("form", "status", "where"),
    [
        ({"category": "sofa"}, 400, "category"),
        ({"mode": "loud"}, 400, "mode"),
        ({"top": 0}, 422, "top"),
        ({"saturation": "nan"}, 422, "saturation"),
        ({"saturation": 9}, 422, "saturation"),
        ({"quality": 101}, 422, "quality"),
        ({"format": "bmp"}, 422, "format"),
        ({"unheard": 1}, 422, "unheard"),
    ],
)
def test_a_wrong_option_is_told(api, content, form, status, where):
    answer = post(api, content, **form)
    assert answer.status_code == status
    assert answer.headers["content-type"] == MEDIA_TYPE
    told = answer.json()
    assert told["where"] == where
    assert told["status"] == status
    assert told["what"]
    assert told["fix"]


def test_a_photo_of_too_many_pixels_is_refused(api):
    large = pyvips.Image.black(1100, 1000).write_to_buffer(".png")
    answer = post(api, large, "large.png")
    assert answer.status_code == 413
    assert "1,000,000" in answer.json()["what"]
    assert answer.json()["where"] == "large.png"


def test_no_path_of_the_server_is_told(api, app: FastAPI):
    answer = post(api, b"no photo", "x.jpg")
    assert answer.status_code == 422
    assert str(app.state.service.folder) not in answer.text


def test_an_upload_of_too_many_bytes_is_refused(content):
    limits = ServerLimits(upload_bytes=10_000)
    with TestClient(build_app(BUNDLE, limits)) as api:
        told = post(api, b"x" * 20_000)
        in_pieces = api.post(
            "/v1/colorize", content=(b"x" * 5_000 for _ in range(4)),
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )  # fmt: skip
    assert (told.status_code, in_pieces.status_code) == (413, 413)
    assert told.headers["content-type"] == in_pieces.headers["content-type"] == MEDIA_TYPE


def test_who_comes_when_all_is_full_is_told_to_come_back(content, tmp_path):
    service_of = build_app(BUNDLE, ServerLimits(at_once=1, waiting=0))
    service, photo = service_of.state.service, tmp_path / "slow.jpg"
    photo.write_bytes(slow())
    how = {"photo": str(photo), "tolerate": False, "request": {}, "rendering": {}}
    with TestClient(service_of) as api:
        busy = service.submit(Ask(task="colorize", how=how, reply=ColoredFile))
        refused = post(api, content)
        service.pool.cancel(busy)
        with pytest.raises(Cancelled, match=r"dropped|cancelled"):
            busy.done.result()
        accepted = post(api, content)
    assert (refused.status_code, accepted.status_code) == (429, 200)
    assert int(refused.headers["retry-after"]) >= 1
    assert not service.folder.parent.exists()


def test_a_photo_that_takes_too_long_is_stopped():
    app = build_app(BUNDLE, ServerLimits(seconds=0.4))
    with TestClient(app) as api:
        answer = post(api, slow(), "large.jpg")
        assert answer.status_code == 413
        assert "0.4 seconds" in answer.json()["what"]
        assert list(app.state.service.folder.iterdir()) == []


def test_nothing_is_left_of_a_photo(api, app: FastAPI, content):
    assert post(api, content).status_code == 200
    assert post(api, content, category="sofa").status_code == 400
    assert post(api, content[:500]).status_code == 422
    assert list(app.state.service.folder.iterdir()) == []


def test_the_categories_are_those_of_the_bundle(api):
    told = api.get("/v1/categories").json()
    assert told["categories"] == list(BUNDLE.known_categories(BUNDLE.default))
    assert told["modes"] == ["faithful", "vivid"]
    assert told["default_mode"] == BUNDLE.mode


def test_what_was_answered_is_counted(content):
    with TestClient(build_app(BUNDLE)) as api:
        post(api, content, category="beach")
        post(api, b"no photo")
        told = api.get("/metrics").text
    assert 'colorize_photos_total{status="200"} 1.0' in told
    assert 'colorize_photos_total{status="422"} 1.0' in told
    assert 'colorize_categories_total{category="beach"} 1.0' in told
    assert "colorize_open 0.0" in told
    assert "colorize_seconds_count 2.0" in told


def test_the_documentation_needs_nothing_from_elsewhere(api):
    page = api.get("/docs").text
    assert "swagger" in page
    assert "https://" not in page.replace("https://fastapi.tiangolo.com", "")
    policy = api.get("/healthz").headers["content-security-policy"]
    assert "default-src 'self'" in policy


def test_an_unknown_address_is_a_problem_too(api):
    answer = api.get("/v1/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE)
