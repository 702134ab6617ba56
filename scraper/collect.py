"""From a list of photos to a category folder: in parallel, without duplicates, resumably."""

import logging
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from basics import cli
from basics.errors import ScrapeError
from basics.files import lock
from preprocessing.near_duplicates import are_near
from scraper.config import ScrapeConfig
from scraper.download import Download, fetch_photo, store_photo
from scraper.http.client import Client
from scraper.http.errors import FetchError, Stopped
from scraper.manifest import MANIFEST, Manifest, Row, mark_shared, now, read_rows
from scraper.photo_ref import PhotoRef, Reason
from scraper.sources import OBEY_ROBOTS, SOURCES, Source
from scraper.tally import Tally

log = logging.getLogger(__name__)

STATE_DIR = ".scraper"  # in the output folder: the lock, the browser's profile
MAX_UNREACHABLE = 20  # photos in a row, each after its retries: then the host is down
MAX_IN_VAIN = 1000  # photos in a row of which none could be kept: then the source has none
LOG_EVERY = 100  # photos, without a terminal to show a progress bar


def scrape(config: ScrapeConfig, categories: Sequence[str]) -> list[Tally]:
    """Fill each category's folder up to `config.count` photos.

    A category that fails does not stop the others, unless two in a row fail with the same error.

    Returns:
        One tally per category that was started.

    Raises:
        ScrapeError: another run holds the folder's lock, or the folder is not writable.
    """
    tallies: list[Tally] = []
    refusal = ScrapeError(
        "another scraper is running in this folder", config.out_dir, "wait for it, or stop it"
    )
    with (
        _disk_errors(config.out_dir),
        lock(config.out_dir / STATE_DIR / "lock", refusal),
        Client(config, obey_robots=config.source in OBEY_ROBOTS) as client,
        SOURCES[config.source](config, client) as source,
    ):
        library = _library(config.out_dir)
        for category in categories:
            before = tallies[-1].error if tallies else None
            tally = _Collector(category, client, source, library).collect()
            tallies.append(tally)
            if tally.error is not None:
                cli.print_error(tally.error)
                if before is not None and before.args[0] == tally.error.args[0]:
                    log.info("the same error twice in a row: stopping")
                    break
        mark_shared(config.out_dir)
    return tallies


class _Collector:
    """One category while its photos are being fetched."""

    def __init__(
        self, category: str, client: Client, source: Source, library: dict[str, Path]
    ) -> None:
        self.category, self.client, self.source = category, client, source
        self.config = client.config
        self.library = library
        self.manifest = Manifest(self.config.out_dir / category)
        self.n_before = len(self.manifest.rows)
        self.transient: Counter[str] = Counter()  # left out in this run only
        self.unreachable_in_a_row = self.in_vain = 0
        self.lock = threading.Lock()  # guards the manifest and the sets below
        self.hashes = {row.difference_hash for row in self.manifest.rows.values()}
        self.sha256s = {row.sha256 for row in self.manifest.rows.values()}

    def collect(self) -> Tally:
        """Fetch what is missing; an error of the source is returned in the tally."""
        error = None
        with (
            closing(self.manifest),
            cli.progress_bar(self.category, self.config.count, self.n_before) as self.bar,
        ):
            try:
                if self.n_before < self.config.count:
                    self._fetch_missing()
            except ScrapeError as caught:
                error = caught
        kept = len(self.manifest.rows)
        left_out = self.transient + Counter(one.reason for one in self.manifest.left_out.values())
        found = kept + left_out.total()
        log.info("%s: kept %d of %d found", self.category, kept, found)
        return Tally(
            category=self.category,
            found=found,
            kept=kept,
            new=kept - self.n_before,
            left_out=left_out,
            error=error,
        )

    def _fetch_missing(self) -> None:
        """List photos as long as more are needed, and fetch them in parallel."""
        refs = self.source.iter_photos(self.category)
        pending: set[Future[None]] = set()
        with ThreadPoolExecutor(self.config.parallel) as pool:
            try:
                while True:
                    missing = self.config.count - len(self.manifest.rows) - len(pending)
                    ref = next(refs, None) if missing > 0 else None
                    if ref is not None and not self.manifest.knows(ref.photo_id):
                        pending.add(pool.submit(self._fetch, ref))
                    elif ref is None and not pending:
                        return
                    pending = self._collect_finished(pending, block=ref is None)
            except BaseException as error:
                if not isinstance(error, Exception):  # Ctrl-C: interrupt every back-off
                    self.client.stop()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _collect_finished(self, pending: set[Future[None]], *, block: bool) -> set[Future[None]]:
        """Raise the errors of finished downloads; return the unfinished ones."""
        done, unfinished = wait(pending, timeout=None if block else 0, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
        return unfinished

    def _fetch(self, ref: PhotoRef) -> None:
        """Fetch one photo, and keep it or leave it out; runs in a worker thread."""
        copy = self.library.get(ref.photo_id)
        folder = self.manifest.folder
        try:
            if copy is not None and copy.is_file():  # in another category: copied
                photo = store_photo(copy.read_bytes(), ref, folder, self.config.max_pixels)
            else:
                self.source.track_download(ref)
                photo = fetch_photo(self.client, ref, folder)
        except FetchError as error:
            with self.lock:
                self._leave_out(ref, error)
        except (ScrapeError, Stopped, OSError):  # they concern all photos
            raise
        except Exception as error:  # one photo must never end the others' run
            log.warning("%s: photo %s: not foreseen", self.category, ref.photo_id, exc_info=error)
            unforeseen = FetchError(
                f"not foreseen: {error!r}", ref.image_url, "report it", Reason.DAMAGED
            )
            with self.lock:
                self._leave_out(ref, unforeseen)
        else:
            with self.lock:
                self._keep(ref, photo)

    def _keep(self, ref: PhotoRef, photo: Download) -> None:
        """Add a downloaded photo, unless the category has it or a near-duplicate."""
        self.unreachable_in_a_row = 0
        self.in_vain += 1
        if photo.sha256 in self.sha256s or ref.photo_id in self.manifest.rows:
            reason = Reason.DUPLICATE
        elif _is_near_duplicate(photo.difference_hash, self.hashes):
            reason = Reason.NEAR_DUPLICATE
        else:
            self.manifest.add(_row(ref, photo, self.config.source), photo.temporary)
            self.sha256s.add(photo.sha256)
            self.hashes.add(photo.difference_hash)
            self.library[ref.photo_id] = self.manifest.folder / photo.file
            self.in_vain = 0
            self._report_progress()
            return
        photo.temporary.unlink()
        self.manifest.leave_out(ref, reason)

    def _leave_out(self, ref: PhotoRef, error: FetchError) -> None:
        """Count a photo that could not be fetched.

        Raises:
            FetchError: `MAX_UNREACHABLE` photos in a row were unreachable.
            ScrapeError: `MAX_IN_VAIN` photos in a row were left out.
        """
        log.debug("%s: %s: %s", self.category, error.reason, error.args[1])
        if error.reason.is_permanent:
            self.manifest.leave_out(ref, error.reason)
        else:
            self.transient[error.reason] += 1
        unreachable = error.reason is Reason.UNREACHABLE
        self.unreachable_in_a_row = self.unreachable_in_a_row + 1 if unreachable else 0
        if self.unreachable_in_a_row >= MAX_UNREACHABLE:
            raise error
        self.in_vain += 1
        if self.in_vain >= MAX_IN_VAIN:
            raise ScrapeError(
                f"of {self.in_vain} photos in a row none could be kept; the last: {error.what}",
                error.where,
                "look at what the source lists; what is kept stays",
            )

    def _report_progress(self) -> None:
        """Update the progress bar, or log a line every `LOG_EVERY` photos without one."""
        self.bar.update()
        kept = len(self.manifest.rows)
        if self.bar.disable and kept % LOG_EVERY == 0:
            log.info("%s: %d of %d", self.category, kept, self.config.count)


def _row(ref: PhotoRef, photo: Download, source: str) -> Row:
    """The manifest's row of a downloaded photo."""
    return Row(
        file=photo.file,
        photo_id=ref.photo_id,
        page_url=ref.page_url,
        image_url=ref.image_url,
        photographer=ref.photographer,
        photographer_url=ref.photographer_url,
        licence=ref.licence,
        alt_text=ref.alt_text,
        width=photo.width,
        height=photo.height,
        sha256=photo.sha256,
        fetched_at=now(),
        source=source,
        difference_hash=photo.difference_hash,
    )


def _is_near_duplicate(difference_hash: str, others: set[str]) -> bool:
    """Whether one of the other hashes (64 hex digits each) is near."""
    hashes = np.frombuffer(bytes.fromhex("".join(others)), np.uint64).reshape(-1, 4)
    own_hash = np.frombuffer(bytes.fromhex(difference_hash), np.uint64)
    return bool(are_near(hashes, own_hash).any())


def _library(out_dir: Path) -> dict[str, Path]:
    """Photo id -> path, of every category in `out_dir`."""
    return {
        row.photo_id: path.parent / row.file
        for path in out_dir.glob(f"*/{MANIFEST}")
        for row in read_rows(path.parent)
    }


@contextmanager
def _disk_errors(out_dir: Path) -> Iterator[None]:
    """Turn a full disk or a folder without write permission into a `ScrapeError`."""
    try:
        yield
    except OSError as error:
        raise ScrapeError(
            f"cannot write: {error.strerror or error}",
            error.filename or out_dir,
            "free disk space, or give another folder with --out; finished photos are kept",
        ) from error
