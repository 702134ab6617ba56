from collections import deque
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import pyvips

from scraper.config import ScrapeConfig
from scraper.download import fetch_photo, sized_url
from scraper.http.client import Client
from scraper.http.errors import FetchError
from scraper.photo_ref import PhotoRef, Reason
from tests.drawing import draw_photo, jpeg
from tests.scraper.fetching import MakeConfig
from tests.site.server import Reply, Site, image_path, photo_jpeg

PNG = pyvips.Image.new_from_array(draw_photo("fruit", 0, 300, 300)).pngsave_buffer()


def ref(site: Site, number: int = 1, query: str = "?w=400") -> PhotoRef:
    return PhotoRef(photo_id="id", page_url="", image_url=site.url + image_path(number) + query)


def fetch(config: ScrapeConfig, photo: PhotoRef):
    config.out_dir.mkdir(exist_ok=True)
    with Client(config, obey_robots=False, sleep=lambda seconds: None) as client:
        return fetch_photo(client, photo, config.out_dir)


def photo_reply(content: bytes) -> Reply:
    return Reply(content=content, content_type="image/jpeg")


def test_a_photo_is_downloaded_and_verified(site: Site, settings: MakeConfig):
    download = fetch(settings(size_px=300), ref(site))
    assert download.temporary.read_bytes() == photo_jpeg(1, 300, 300)
    assert (download.width, download.height) == (300, 300)
    assert download.file == "photo-id.jpg"
    assert len(download.difference_hash) == 64


def test_a_host_that_resizes_is_sent_the_size_of_a_square():
    url = "https://images.unsplash.com/photo-1-a?ixid=M3w&ixlib=rb-4&auto=format&crop=top&w=99"
    query = parse_qs(urlsplit(sized_url(url, 512)).query)
    assert query == {
        "ixid": ["M3w"],
        "ixlib": ["rb-4"],
        "w": ["512"],
        "h": ["512"],
        "fit": ["crop"],
        "q": ["90"],
        "fm": ["jpg"],
    }


def test_the_url_of_a_host_that_does_not_resize_is_kept():
    assert sized_url("http://host/a.jpg?id=1", 512) == "http://host/a.jpg?id=1"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(status=404), Reason.GONE),
        (Reply(status=403), Reason.REFUSED),
        (Reply(content=b"<html>Please log in</html>", content_type="image/jpeg"), "not a photo"),
        (photo_reply(b"\xff\xd8\xff but no JPEG"), Reason.NOT_A_PHOTO),
        (photo_reply(photo_jpeg(1)[:-2000]), Reason.DAMAGED),
        (photo_reply(photo_jpeg(1, 200, 300)), Reason.TOO_SMALL),
        (photo_reply(jpeg(np.full((300, 300, 3), 99, np.uint8))), Reason.GRAY),
        (Reply(length=2_000_000_000, content=b"\xff\xd8\xff"), Reason.TOO_LARGE),
        (Reply(endless=True, content=b"\xff\xd8\xff" + bytes(100_000)), Reason.TOO_LARGE),
        (Reply(length=99_000, content=photo_jpeg(1)), Reason.UNREACHABLE),  # truncated
        (Reply(status=302, headers={"Location": "http://localhost:1/"}), Reason.REDIRECTED),
        (Reply(status=503), Reason.UNREACHABLE),
        (photo_reply(b""), Reason.NOT_A_PHOTO),
    ],
)
def test_a_failed_download_leaves_no_file(
    site: Site, settings: MakeConfig, reply: Reply, reason: Reason
):
    site.lasting[image_path(1)] = reply
    with pytest.raises(FetchError, match="where: ") as caught:
        fetch(settings(max_bytes=1_000_000, retries=1), ref(site))
    assert caught.value.reason == reason
    assert list(settings().out_dir.iterdir()) == []


def test_a_decompression_bomb_is_not_decoded(site: Site, settings: MakeConfig):
    bomb = pyvips.Image.black(20_000, 20_000).pngsave_buffer()
    site.lasting[image_path(1)] = photo_reply(bomb)
    with pytest.raises(FetchError, match="20000 x 20000 px"):
        fetch(settings(), ref(site))


@pytest.mark.parametrize(
    "first",
    [
        photo_reply(photo_jpeg(1, 300, 300)[:-500]),
        Reply(content=photo_jpeg(1, 300, 300), length=5000),  # a Content-Length that is too small
        Reply(content=photo_jpeg(1, 300, 300), length=99_000),  # and one that is too large
        Reply(status=429, headers={"Retry-After": "0"}),
        Reply(status=503),
    ],
)
def test_a_failure_that_happens_once_is_retried(site: Site, settings: MakeConfig, first: Reply):
    site.faults[image_path(1)] = deque([first])
    download = fetch(settings(size_px=300), ref(site))
    assert download.temporary.read_bytes() == photo_jpeg(1, 300, 300)
    assert len(site.requested("/images/")) == 2


def test_the_suffix_follows_the_magic_number(site: Site, settings: MakeConfig, tmp_path: Path):
    site.lasting[image_path(1)] = photo_reply(PNG)
    assert fetch(settings(), ref(site)).file == "photo-id.png"
