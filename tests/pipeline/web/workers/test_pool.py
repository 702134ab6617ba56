"""Jobs in a pool: where they are done, how they end, and what becomes of workers that die."""

import os
import shutil
import time
from pathlib import Path

import psutil
import pytest

from basics.errors import Cancelled, CheckpointError, DataError
from pipeline.engine.bundle import PRETRAINED_DIR
from pipeline.engine.bundle_file import read_bundle
from pipeline.engine.request import ColorRequest
from pipeline.web.limits import Refusal
from pipeline.web.workers.jobs import Ask, Job
from pipeline.web.workers.messages import ColoredPreview
from pipeline.web.workers.pool import Pool
from pipeline.web.workers.wire import from_request
from tests.pipeline.web.heavy import slow
from tests.pipeline.web.visitor import wait_for
from tests.pipeline.web.workers.conftest import MakePool, colorize


class Stillborn:
    """Ends the process that is handed it."""

    def __reduce__(self) -> tuple:
        return os._exit, (3,)


OTHERS: set[psutil.Process] = set()


@pytest.fixture
def heavy(tmp_path: Path) -> Path:
    """A photo that takes long."""
    path = tmp_path / "slow.jpg"
    path.write_bytes(slow())
    return path


@pytest.fixture(autouse=True)
def others() -> None:
    """Workers of a server that other tests have started in this process are not ours."""
    OTHERS.clear()
    OTHERS.update(workers())


def workers() -> set[psutil.Process]:
    found = psutil.Process().children()
    return {one for one in found if "spawn_main" in " ".join(one.cmdline())} - OTHERS


def look(pool: Pool, photo: Path, visitor: str, category: str) -> Job[ColoredPreview]:
    """A visitor's click."""
    after = photo.with_name(f"{visitor}-{category}.jpg")
    request = from_request(ColorRequest(category=category))
    how = {"photo": str(photo), "after": str(after), "request": request}
    ask = Ask(task="color", how=how, reply=ColoredPreview, visitor=visitor)
    return pool.submit(ask)


def until_in_work(job: Job) -> None:
    wait_for(lambda: job.began is not None)


def test_a_visitors_photo_is_opened_once_and_again_after_a_kill(make_pool: MakePool, gray_photo):
    pool = make_pool()
    first = look(pool, gray_photo, "a", "beach").done.result()
    pixels = gray_photo.with_name("a-beach.jpg").read_bytes()
    kept = gray_photo.rename(gray_photo.with_name("elsewhere.jpg"))
    assert look(pool, gray_photo, "a", "dog").done.result().ranking == first.ranking  # from memory
    kept.rename(gray_photo)
    (worker,) = workers()
    worker.kill()
    worker.wait(10)
    again = look(pool, gray_photo, "a", "beach").done.result()
    assert again == first
    assert gray_photo.with_name("a-beach.jpg").read_bytes() == pixels
    assert worker not in workers()


def test_a_visitor_stays_with_one_worker_while_it_is_free(make_pool: MakePool, gray_photo, heavy):
    pool = make_pool(at_once=2)
    busy = pool.submit(colorize(heavy))
    until_in_work(busy)
    for category in ("beach", "dog", "bird"):
        look(pool, gray_photo, "a", category).done.result()
    home = pool._homes["a"]
    pool.cancel(busy)
    with pytest.raises(Cancelled, match=r"dropped|cancelled"):
        busy.done.result()
    for category in ("flower", "road"):
        look(pool, gray_photo, "a", category).done.result()
        assert pool._homes["a"] == home


def test_a_job_that_is_cancelled_ends_whether_it_waits_or_not(make_pool: MakePool, heavy):
    pool = make_pool(waiting=1)
    jobs = [pool.submit(colorize(heavy))]
    until_in_work(jobs[0])
    jobs.append(pool.submit(colorize(heavy)))
    with pytest.raises(Refusal, match="2 photos are being coloured or wait already"):
        pool.submit(colorize(heavy))
    for job in reversed(jobs):
        pool.cancel(job)
    for job in jobs:
        with pytest.raises(Cancelled, match=r"dropped|cancelled"):
            job.done.result(10)
    assert pool.n_open == 0
    pool.cancel(jobs[0])  # it is over


def test_what_a_worker_has_not_foreseen_is_an_error_of_the_photo(make_pool: MakePool, gray_photo):
    pool = make_pool()
    ask = Ask(task="color", how={"photo": 3}, reply=ColoredPreview)
    with pytest.raises(DataError, match="ended the process that read it"):
        pool.submit(ask).done.result()
    assert pool.submit(colorize(gray_photo)).done.result().width == 300


def test_a_pool_that_is_closed_ends_all_at_once(make_pool: MakePool, heavy):
    pool = make_pool()
    jobs = [pool.submit(colorize(heavy)) for _ in range(2)]
    until_in_work(jobs[0])
    started = time.monotonic()
    pool.close()
    for job in jobs:
        with pytest.raises(Cancelled, match="dropped"):
            job.done.result(0)
    assert time.monotonic() - started < 3
    assert not workers()
    with pytest.raises(Cancelled, match="dropped"):
        pool.submit(colorize(heavy))


def test_a_pool_whose_workers_cannot_start_tells_so_and_tries_no_more(
    make_pool: MakePool, gray_photo, tmp_path
):
    folder = tmp_path / "bundle"
    shutil.copytree(PRETRAINED_DIR, folder, ignore=shutil.ignore_patterns("training"))
    bundle = read_bundle(folder)
    (folder / bundle.router.file).write_bytes(b"no network")
    pool = make_pool(bundle=bundle)
    for _ in range(2):
        with pytest.raises(CheckpointError, match=bundle.router.file):
            pool.submit(colorize(gray_photo)).done.result()
    assert not workers()
    assert pool.n_open == 0


def test_workers_that_die_as_they_start_are_not_started_for_ever(make_pool: MakePool, gray_photo):
    pool = make_pool(bundle=Stillborn())
    with pytest.raises(Refusal, match="no process that colours photos can be started") as refused:
        pool.submit(colorize(gray_photo)).done.result()
    assert refused.value.status == 503
    assert not workers()
    assert pool.n_open == 0
