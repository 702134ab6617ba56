"""Where the photos lie: folders with one folder per category, and tar shards in them."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from basics.errors import DataError
from basics.names import RESERVED
from preprocessing.inventory import Row
from preprocessing.shards import list_shard

log = logging.getLogger(__name__)

COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
PHOTOS = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True, kw_only=True)
class Photo:
    """One photo before it is read: its row, and where its bytes lie."""

    row: Row
    path: Path  # of its own file, or of its shard
    offset: int = 0

    def read(self) -> bytes:
        """Its bytes; fewer than its size where the file has become shorter."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.row.size)


def list_photos(raw_dirs: Sequence[Path]) -> list[Photo]:
    """Every visible file of every visible category folder, then those of each shard, by name.

    Raises:
        DataError: a RAW_DIR holds no photo, a category has a reserved name, or a shard is damaged.
    """
    return [photo for source, raw_dir in enumerate(raw_dirs) for photo in _of_dir(raw_dir, source)]


def _of_dir(raw_dir: Path, source: int) -> list[Photo]:
    """The photos of one RAW_DIR."""
    if not raw_dir.is_dir():
        raise DataError(
            "no such folder", raw_dir, "give a folder with one folder of photos per category"
        )
    photos = list(_own_files(raw_dir, source))
    for path in sorted(raw_dir.iterdir()):
        if path.name.startswith(".") or not path.is_file():
            continue
        if path.name.lower().endswith(COMPRESSED):
            log.warning("%s: only uncompressed tar files are read; it is left out", path)
        elif path.suffix == ".tar":
            photos += _of_shard(path, source)
    if not photos:
        raise DataError("no photos", f"{raw_dir}/<category>/*", "run: python -m scraper --all")
    return photos


def _own_files(raw_dir: Path, source: int) -> Iterator[Photo]:
    for path in sorted(raw_dir.glob("*/*")):
        category = path.parent.name
        if category.startswith("."):  # the scraper's own folder, or an editor's
            continue
        _require_free(category, path.parent)
        if path.is_file() and not path.name.startswith(".") and path.suffix != ".csv":
            stat = path.stat()
            name = path.relative_to(raw_dir).as_posix()
            row = Row(file=name, size=stat.st_size, mtime_ns=stat.st_mtime_ns, source=source)
            yield Photo(row=row, path=path)


def _of_shard(path: Path, source: int) -> Iterator[Photo]:
    mtime_ns = path.stat().st_mtime_ns
    for member in sorted(list_shard(path), key=lambda member: member.name):
        row = Row(
            file=member.name, size=member.size, mtime_ns=mtime_ns, source=source, shard=path.name
        )
        _require_free(row.category, path)
        yield Photo(row=row, path=path, offset=member.offset)


def _require_free(category: str, where: Path) -> None:
    """Check that a category's name is not reserved; `any` may lie there, see `categories.ANY`."""
    if category in RESERVED:
        raise DataError(f"a category cannot be named {category!r}", where, "rename the folder")


def require_no_photos(packed_dir: Path) -> None:
    """Check that a folder that was never packed into is no RAW_DIR, such as the last of several.

    Raises:
        DataError: there are shards or photos in it.
    """
    if (packed_dir / "splits.csv").is_file():
        return
    found = (path for pattern in ("*.tar", "*/*") for path in packed_dir.glob(pattern))
    photo = next((path for path in found if path.suffix.lower() in (*PHOTOS, ".tar")), None)
    if photo is not None:
        what = f"PACKED_DIR holds photos: {photo.relative_to(packed_dir)}"
        raise DataError(what, packed_dir, "give the folder for the training data last")
