"""A visitor's photo on the server: where its files lie, and what ends when the visitor goes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from basics.errors import Cancelled, DataError
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle import PRETRAINED_DIR
from pipeline.engine.bundle_file import read_bundle
from pipeline.engine.request import ColorRequest
from pipeline.web.limits import Refusal, ServerLimits
from pipeline.web.service import ColorService
from pipeline.web.session import (
    Guest,
    Visit,
    color_full,
    color_preview,
    color_sheet,
    color_whole,
    open_upload,
)
from pipeline.web.visitors import Visitor
from tests.pipeline.web.heavy import slow
from tests.pipeline.web.visitor import wait_for

DOG = ColorRequest(category="dog")


@pytest.fixture(scope="module")
def service() -> Iterator[ColorService]:
    one = ColorService(read_bundle(PRETRAINED_DIR), ServerLimits(at_once=1))
    yield one
    one.close()


@pytest.fixture
def guest(service: ColorService, request: pytest.FixtureRequest) -> Guest:
    folder = service.folder / request.node.name
    return Guest(visitor=Visitor(id=request.node.name, folder=folder), session="page")


@pytest.fixture
def heavy(tmp_path: Path) -> Path:
    path = tmp_path / "slow.jpg"
    path.write_bytes(slow())
    return path


def files(guest: Guest) -> list[Path]:
    return [one for one in guest.visitor.folder.rglob("*") if one.is_file()]


def until_in_work(service: ColorService, session: str) -> None:
    def found() -> bool:
        jobs = service.pool.jobs(lambda ask: ask.session == session)
        return any(job.began is not None for job in jobs)

    wait_for(found)


def test_all_files_of_a_photo_lie_in_its_visitors_folder_and_go_with_it(
    service: ColorService, guest: Guest, gray_photo: Path, tmp_path: Path
):
    visit = open_upload(service, guest, gray_photo, "../at the sea.jpg")
    shown = color_preview(service, visit, DOG)
    full = color_full(service, visit, DOG)
    assert visit.size == (300, 200)
    assert shown.used == ["dog"]
    assert {visit.path, visit.before, shown.after, full} == set(files(guest))
    assert full.name == "at the sea_color_dog.jpg"
    expected = Colorizer().colorize(gray_photo, tmp_path / "expected.jpg", DOG).output
    assert full.read_bytes() == expected.read_bytes()
    service.drop(visit.folder)
    assert files(guest) == []


def test_a_photo_that_cannot_be_opened_leaves_nothing(service, guest, tmp_path):
    path = tmp_path / "no.jpg"
    path.write_bytes(b"no photo")
    with pytest.raises(DataError, match="not a photo"):
        open_upload(service, guest, path, "no.jpg")
    assert list(guest.visitor.folder.iterdir()) == []


def test_a_photo_that_is_let_go_is_not_coloured_to_the_end(service, guest, heavy):
    visit = open_upload(service, guest, heavy, "slow.jpg")
    with ThreadPoolExecutor(1) as pool:
        full = pool.submit(color_full, service, visit, DOG)
        until_in_work(service, "page")
        service.drop(visit.folder)
        with pytest.raises(Cancelled, match=r"dropped|cancelled"):
            full.result()
    wait_for(lambda: not visit.folder.exists())
    with pytest.raises(DataError, match="not kept any more"):
        color_full(service, visit, DOG)


def test_a_page_that_is_closed_ends_its_own_work_alone(service, guest, heavy, gray_photo):
    other = Guest(visitor=guest.visitor, session="another page")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(color_whole, service, guest, heavy, DOG, guest.visitor.folder)
        until_in_work(service, "page")
        second = pool.submit(open_upload, service, other, gray_photo, "b.jpg")
        wait_for(lambda: service.n_open == 2)
        service.leave("page")
        with pytest.raises(Cancelled, match=r"dropped|cancelled"):
            first.result()
        assert isinstance(second.result(), Visit)


def test_only_the_newest_result_at_full_size_is_kept(service, guest, gray_photo):
    visit = open_upload(service, guest, gray_photo, "a.jpg")
    former = color_full(service, visit, DOG)
    newest = color_full(service, visit, ColorRequest(category="beach"))
    assert {visit.path, visit.before, newest} == set(files(guest))
    assert not former.parent.exists()


def test_nothing_is_made_for_a_visitor_of_whom_enough_is_kept(service, guest, gray_photo):
    def refuse() -> None:
        raise Refusal(429, "enough is kept", "your photos", "come back later")

    visit = open_upload(service, guest, gray_photo, "a.jpg")
    kept = set(files(guest))
    full = Guest(visitor=replace(guest.visitor, require_room=refuse), session="page")
    visit = replace(visit, guest=full)
    for make in (
        lambda: open_upload(service, full, gray_photo, "b.jpg"),
        lambda: color_preview(service, visit, DOG),
        lambda: color_full(service, visit, DOG),
        lambda: color_sheet(service, visit),
        lambda: color_whole(service, full, gray_photo, DOG, guest.visitor.folder),
    ):
        with pytest.raises(Refusal, match="enough is kept"):
            make()
    assert set(files(guest)) == kept
