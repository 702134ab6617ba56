"""A photo on a screen: what runs for a click, and what is decoded."""

import pytest

import imaging.writer
from pipeline import Colorizer, ColorRequest, Limits, Rendering
from pipeline.engine.session import OnnxModel
from pipeline.media import photo_files
from pipeline.preview import OpenPhoto
from tests.drawing import CATEGORIES


@pytest.fixture
def runs(monkeypatch):
    """The models that run, by file, in order."""
    ran, run = [], OnnxModel.__call__

    def counting(model, inputs):
        ran.append(model.name)
        return run(model, inputs)

    monkeypatch.setattr(OnnxModel, "__call__", counting)
    return ran


def opened(photo):
    return OpenPhoto(Colorizer(), photo, longest_px=300, limits=Limits())


def test_a_photo_passes_the_router_once_in_each_view_whatever_is_asked_for(
    gray_photo, runs, tmp_path
):
    photo = opened(gray_photo)
    for request in (
        ColorRequest(),
        ColorRequest(category="sunset"),
        ColorRequest(mode="vivid"),
        ColorRequest(top=1),
        ColorRequest(category="sunset", best=True),
        ColorRequest(category="beach", best=True),
    ):
        photo.color(request)
    photo.save(tmp_path / "out.png", ColorRequest(category="dog"), Rendering())
    list(photo.sheet(100))
    assert (
        runs.count(photo.colorizer.bundle.router.file) == 3
    )  # as it is; then mirrored; then smaller, both
    kept = photo.n_bytes
    photo.forget_above(0)
    assert photo.n_bytes < kept - 5_000_000  # what only the best colours need


def test_another_saturation_needs_no_network(gray_photo, runs):
    photo = opened(gray_photo)
    first = photo.color(ColorRequest(category="beach"))
    ran = list(runs)
    second = photo.color(ColorRequest(category="beach", saturation=0.5))
    photo.color(ColorRequest(category="beach", mode="vivid"))
    assert runs == ran
    assert first.prediction.ab is second.prediction.ab
    assert abs(second.prediction.colors).max() < abs(first.prediction.colors).max()


@pytest.mark.parametrize("best", [False, True])
def test_what_is_saved_is_what_the_command_makes(gray_photo, tmp_path, best):
    request = ColorRequest(category="sunset", saturation=1.3, best=best)
    saved = opened(gray_photo).save(tmp_path / "saved.jpg", request, Rendering())
    expected = Colorizer().colorize(gray_photo, tmp_path / "expected.jpg", request).output
    assert saved.read_bytes() == expected.read_bytes()


def test_a_sheet_shows_every_category_in_the_routers_order(gray_photo):
    photo = opened(gray_photo)
    sheet = list(photo.sheet(90))
    assert [category for category, _, _ in sheet] == [one for one, _ in photo.encoded.ranking]
    assert len(sheet) == 20 > len(CATEGORIES)
    assert {max(image.width, image.height) for _, _, image in sheet} == {90}


@pytest.mark.parametrize("wanted", [{}, {"keep_color": True}, {"colorizer": "encoder_decoder"}])
def test_a_photo_is_opened_once_and_decoded_at_most_twice(gray_photo, monkeypatch, wanted):
    read = []
    for module, name in ((photo_files, "open_photo"), (photo_files, "reduced")):
        function = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *a, _f=function, _n=name, **k: read.append(_n) or _f(*a, **k)
        )
    full = imaging.writer.read_full
    monkeypatch.setattr(imaging.writer, "read_full", lambda *a: read.append("full") or full(*a))
    Colorizer().colorize(gray_photo, request=ColorRequest(**wanted))
    assert read == ["open_photo", "reduced", "full"]
