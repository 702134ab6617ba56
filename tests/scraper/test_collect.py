import logging
import threading
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from basics.errors import ScrapeError
from scraper import __main__ as command
from scraper.collect import MAX_UNREACHABLE, scrape
from scraper.config import ScrapeConfig
from scraper.manifest import LEFT_OUT, MANIFEST, read_rows
from scraper.photo_ref import Reason
from scraper.tally import Tally, summary
from tests.drawing import draw_photo, jpeg
from tests.scraper.fetching import MakeConfig
from tests.site.server import Reply, Site, image_path, photo_id, photo_jpeg


@pytest.fixture
def lists(site: Site, tmp_path: Path, settings: MakeConfig) -> MakeConfig:
    """Makes settings for tables that list photos of `site` for each category."""

    def make(numbers: dict[str, Sequence[int]], **changed: object) -> ScrapeConfig:
        dataset = tmp_path / "lite"
        dataset.mkdir(exist_ok=True)
        photos = sorted({number for listed in numbers.values() for number in listed})
        (dataset / "photos.tsv000").write_text(
            "photo_id\tphoto_url\tphoto_image_url\tphotographer_username\tphotographer_first_name\t"
            "photographer_last_name\tphoto_description\tai_description\n"
            + "".join(
                f"{photo_id(n)}\t{site.url}/photos/{photo_id(n)}\t{site.url}{image_path(n)}\t"
                f"ann{n}\tAnn\tLee\tphoto {n}\t\n"
                for n in photos
            )
        )
        (dataset / "keywords.tsv000").write_text(
            "photo_id\tkeyword\tai_service_1_confidence\tai_service_2_confidence\t"
            "suggested_by_user\n"
            + "".join(
                f"{photo_id(n)}\t{category}\t{99 - rank / 10}\t\tf\n"
                for category, listed in numbers.items()
                for rank, n in enumerate(listed)
            )
        )
        usual = {"source": "lite", "dataset_dir": dataset, "retries": 0}
        return settings(**(usual | changed))

    return make


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def named(numbers: Sequence[int]) -> set[str]:
    return {f"photo-{photo_id(n)}.jpg" for n in numbers}


def test_the_best_photos_are_fetched_up_to_the_count(lists: MakeConfig, site: Site):
    config = lists({"beach": range(12)}, count=10)
    (tally,) = scrape(config, ["beach"])
    assert files(config.out_dir / "beach") == named(range(10)) | {MANIFEST}
    assert tally == Tally(category="beach", found=10, kept=10, new=10, left_out=Counter())
    assert len(site.requested("/images/")) == 10


def test_the_manifest_says_where_each_photo_is_from(lists: MakeConfig, site: Site):
    config = lists({"beach": [4]})
    scrape(config, ["beach"])
    (row,) = read_rows(config.out_dir / "beach")
    content = (config.out_dir / "beach" / row.file).read_bytes()
    assert content == photo_jpeg(4)
    assert row.photo_id == photo_id(4)
    assert row.page_url == f"{site.url}/photos/{photo_id(4)}"
    assert row.image_url == site.url + image_path(4)
    assert (row.photographer, row.alt_text) == ("Ann Lee", "photo 4")
    assert row.photographer_url.endswith("/@ann4")
    assert "Unsplash License" in row.licence
    assert (row.width, row.height, row.source) == (300, 300, "lite")
    assert row.fetched_at.endswith("+00:00")


def test_every_reason_is_counted_and_others_take_the_place(lists: MakeConfig, site: Site):
    html = Reply(content=b"<html></html>", content_type="image/jpeg")
    gray = Reply(content=jpeg(np.full((300, 300, 3), 99, np.uint8)))
    near = Reply(content=jpeg(draw_photo("beach", 8, 300, 300), quality=60))
    replies = {1: Reply(status=404), 2: Reply(status=403), 3: html, 4: gray, 5: Reply(status=503)}
    for number, reply in (replies | {9: near}).items():
        site.lasting[image_path(number)] = reply
    site.lasting[image_path(7)] = Reply(content=photo_jpeg(6), delay_s=0.3)
    site.lasting[image_path(9)] = Reply(content=near.content, delay_s=0.3)
    config = lists({"beach": range(15)}, count=5)
    (tally,) = scrape(config, ["beach"])
    assert tally.kept == 5
    assert tally.left_out == {
        Reason.GONE: 1,
        Reason.REFUSED: 1,
        Reason.NOT_A_PHOTO: 1,
        Reason.GRAY: 1,
        Reason.UNREACHABLE: 1,
        Reason.DUPLICATE: 1,
        Reason.NEAR_DUPLICATE: 1,
    }
    assert tally.found == 5 + 7
    assert files(config.out_dir / "beach") == named([0, 6, 8, 10, 11]) | {MANIFEST, LEFT_OUT}


def test_a_second_run_fetches_only_what_is_missing(lists: MakeConfig, site: Site):
    site.lasting[image_path(2)] = Reply(status=404)
    scrape(lists({"beach": range(20)}, count=5), ["beach"])
    (tally,) = scrape(lists({"beach": range(20)}, count=8), ["beach"])
    assert (tally.kept, tally.new, tally.left_out) == (8, 3, {Reason.GONE: 1})
    requested = Counter(one.path for one in site.requested("/images/"))
    assert requested == Counter({image_path(n): 1 for n in range(9)})


def test_a_full_category_makes_no_request(lists: MakeConfig, site: Site):
    config = lists({"beach": range(5)}, count=5)
    scrape(config, ["beach"])
    before = len(site.requests)
    (tally,) = scrape(config, ["beach"])
    assert (tally.kept, tally.new) == (5, 0)
    assert len(site.requests) == before


def test_transient_failures_are_retried_by_the_next_run(lists: MakeConfig, site: Site):
    site.faults[image_path(0)] = deque([Reply(status=503)])
    config = lists({"beach": [0, 1]}, count=2)
    (first,) = scrape(config, ["beach"])
    (second,) = scrape(config, ["beach"])
    assert (first.kept, first.left_out) == (1, {Reason.UNREACHABLE: 1})
    assert (second.kept, second.left_out) == (2, {})


def test_a_photo_of_two_categories_is_fetched_once_stored_twice_and_marked(
    lists: MakeConfig, site: Site
):
    config = lists({"beach": [0, 1], "sunset": [1, 2]}, count=2)
    scrape(config, ["beach", "sunset"])
    assert len(site.requested(image_path(1))) == 1
    marks = {
        row.file: row.also_in
        for category in ("beach", "sunset")
        for row in read_rows(config.out_dir / category)
    }
    assert marks[f"photo-{photo_id(1)}.jpg"] == "beach"
    assert named([0, 1]) <= files(config.out_dir / "beach")
    assert named([1, 2]) <= files(config.out_dir / "sunset")
    beach = {row.photo_id: row.also_in for row in read_rows(config.out_dir / "beach")}
    assert beach == {photo_id(0): "", photo_id(1): "sunset"}


def test_a_photo_deleted_by_hand_stays_away(lists: MakeConfig):
    config = lists({"beach": range(6)}, count=3)
    scrape(config, ["beach"])
    (config.out_dir / "beach" / f"photo-{photo_id(1)}.jpg").unlink()
    (tally,) = scrape(config, ["beach"])
    assert tally.left_out == {Reason.REMOVED: 1}
    assert files(config.out_dir / "beach") == named([0, 2, 3]) | {MANIFEST, LEFT_OUT}


def test_never_more_downloads_at_a_time_than_allowed(lists: MakeConfig, site: Site):
    running, most, lock = 0, 0, threading.Lock()
    route = site.routes["/images/"]

    def counted(request):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.05)
        with lock:
            running -= 1
        return route(request)

    site.routes["/images/"] = counted
    scrape(lists({"beach": range(12)}, count=12, parallel=3), ["beach"])
    assert most == 3


def test_a_host_that_is_down_ends_the_category_but_not_the_others(
    lists: MakeConfig, site: Site, capsys: pytest.CaptureFixture[str]
):
    many = range(100, 200)
    for number in many:
        site.lasting[image_path(number)] = Reply(status=502)
    config = lists({"beach": many, "forest": [0, 1], "fruit": [2]}, count=50)
    beach, forest, fruit = scrape(config, ["beach", "forest", "fruit"])
    assert beach.error is not None
    assert "HTTP 502" in str(beach.error)
    assert "bad gateway" in capsys.readouterr().err
    assert len(site.requested("/images/photo-1")) < MAX_UNREACHABLE + 12
    assert (forest.kept, forest.error, fruit.kept) == (2, None, 1)


def test_a_second_run_in_a_locked_folder_is_refused(lists: MakeConfig, site: Site):
    site.latency_s = 0.5
    config = lists({"beach": range(4)}, count=4)
    first = threading.Thread(target=scrape, args=(config, ["beach"]))
    first.start()
    while not site.requested("/images/"):
        first.join(0.01)
    with pytest.raises(ScrapeError, match="another scraper is running"):
        scrape(config, ["beach"])
    first.join()
    assert len(read_rows(config.out_dir / "beach")) == 4


def test_an_output_folder_that_is_a_file_is_an_error(lists: MakeConfig, tmp_path: Path):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(ScrapeError, match="cannot write"):
        scrape(lists({"beach": [0]}, out_dir=tmp_path / "taken"), ["beach"])
    assert (tmp_path / "taken").read_text() == "mine"


def test_the_table_adds_up():
    beach = Tally(
        category="beach", found=8, kept=5, new=2, left_out=Counter({"gone": 2, "gray": 1})
    )
    sunset = Tally(category="sunset", found=1, kept=1, new=1, left_out=Counter())
    table = [line.split() for line in summary([beach, sunset]).splitlines()]
    assert table == [
        ["category", "found", "kept", "new", "gone", "gray"],
        ["beach", "8", "5", "2", "2", "1"],
        ["sunset", "1", "1", "1", "0", "0"],
        ["all", "9", "6", "3", "2", "1"],
    ]


def run(config: ScrapeConfig, *words: str) -> int:
    assert config.dataset_dir
    return command.main(
        [
            *words,
            *("--out", str(config.out_dir), "--count", str(config.count), "--delay", "0"),
            *("--source", "lite", "--dataset", str(config.dataset_dir), "--retries", "0"),
        ]
    )


def test_the_command_prints_the_table_and_gives_zero(
    lists: MakeConfig, capsys: pytest.CaptureFixture[str]
):
    config = lists({"beach": range(3), "old castle": [7]}, count=2)
    assert run(config, "beach", "Old Castle", "beach") == 0
    shown = capsys.readouterr()
    assert [line.split()[:3] for line in shown.out.splitlines()] == [
        ["category", "found", "kept"],
        ["beach", "2", "2"],
        ["old-castle", "1", "1"],
        ["all", "3", "3"],
    ]
    assert "not among the paper's twenty categories: old-castle" in shown.err
    assert "HTTP Request" not in shown.err


def test_a_word_without_photos_gives_one(lists: MakeConfig, capsys: pytest.CaptureFixture[str]):
    assert run(lists({"beach": range(3)}, count=2), "beach", "nothing") == 1
    assert "nothing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "setting"),
    [
        (["--source", "lite"], "--dataset"),
        (["--source", "api"], "UNSPLASH_ACCESS_KEY"),
        (["--size", "100"], "--size"),
        (["--base-url", "unsplash.com"], "--base-url"),
        (["--contact", "Jürgen"], "--contact"),
        (["--contact", "a\r\nCookie: b"], "--contact"),
    ],
)
def test_an_invalid_setting_is_named(
    options: list[str],
    setting: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
):
    monkeypatch.delenv("UNSPLASH_ACCESS_KEY", raising=False)
    assert command.main(["beach", "--out", str(tmp_path / "raw"), *options]) == 1
    assert setting in capsys.readouterr().err
    assert not (tmp_path / "raw").exists()


def test_words_and_all_exclude_each_other(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit, match="2"):
        command.main(["beach", "--all"])
    assert "not allowed with" in capsys.readouterr().err


def test_requests_are_not_logged(lists: MakeConfig, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO):
        scrape(lists({"beach": [0]}, count=1), ["beach"])
    assert any(record.getMessage() == "beach: kept 1 of 1 found" for record in caplog.records)
