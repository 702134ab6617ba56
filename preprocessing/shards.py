"""Photos in an uncompressed tar file, read where they lie: <category>/<name>, regular files only.

Nothing is unpacked. Who made the shard is not known: what it says of itself is bounded, members
that cannot be photos are left out and told, and one that has no end is refused as a whole.
"""

import io
import logging
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from basics.errors import DataError
from basics.printing import printable

log = logging.getLogger(__name__)

BLOCK = tarfile.BLOCKSIZE
MOST_MEMBERS = 200_000  # of one shard
MOST_BYTES = 256 * 2**20  # of one photo
MOST_HEADER_BYTES = 2**20  # of what stands before a member, such as a long name
LONGEST_NAME = 255  # characters of <name> and of <category>
FIX = "copy or download it again, or make it anew: tar --format=ustar -cf NAME.tar CATEGORY ..."
BROKEN = (  # what tarfile raises of headers that cannot be
    tarfile.TarError, ValueError, OverflowError, RecursionError, MemoryError, EOFError, OSError,
    LookupError,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Member:
    """One photo of a shard: its name <category>/<name>, and where its bytes lie."""

    name: str
    offset: int
    size: int


def list_shard(path: Path) -> list[Member]:
    """The members of a tar file that may be photos, in their order.

    Hidden files, tables (.csv) and folders are passed over as in a folder of photos. Links, sparse
    and other special files, names that are no <category>/<name>, second members of one name and
    those too large are left out with a warning.

    Raises:
        DataError: it is no uncompressed tar file, or damaged, cut off, or of too many members.
    """
    left_out: Counter[str] = Counter()
    members: dict[str, Member] = {}
    for info in _read_infos(path):
        name = info.name.removeprefix("./")
        why = _why_not(info, name) or ("a name twice" if name in members else "")
        if why:
            left_out[why] += 1
        elif not (info.isdir() or _is_passed_over(name)):
            members[name] = Member(name=name, offset=info.offset_data, size=info.size)
    if left_out:
        reasons = ", ".join(f"{n} ({why})" for why, n in sorted(left_out.items()))
        log.warning("%s: members left out: %s", path, reasons)
    return list(members.values())


def _is_passed_over(name: str) -> bool:
    category, _, file = name.partition("/")
    return category.startswith(".") or file.startswith(".") or file.endswith(".csv")


def _why_not(info: tarfile.TarInfo, name: str) -> str:
    """Why a member is left out; nothing if it is a folder or may be a photo."""
    parts = name.split("/")
    if name.startswith("/") or ".." in parts:
        return "outside the shard"
    if info.isdir():
        return ""
    if not info.isreg() or info.issparse():
        return "no regular file"
    if _is_passed_over(name):
        return ""
    if len(parts) != 2 or not all(parts) or printable(name) != name:
        return "not CATEGORY/NAME"
    if max(map(len, parts)) > LONGEST_NAME:
        return "too long a name"
    return "too large" if info.size > MOST_BYTES else ""


def _read_infos(path: Path) -> Iterator[tarfile.TarInfo]:
    """Every header of a tar file; its end is looked for, and lengths are held against the file's.

    Raises:
        DataError: see `list_shard`.
    """
    n_bytes, end = path.stat().st_size, 0
    try:
        with _Headers(path) as file, tarfile.open(fileobj=file, mode="r:") as tar:
            for number, info in enumerate(iter(tar.next, None)):
                if number >= MOST_MEMBERS:
                    raise _error(f"over {MOST_MEMBERS:,} members", path, "part it into several")
                begins, end = end, info.offset_data + _padded(info)
                if info.size < 0 or info.offset < begins:
                    raise _error(f"a member of {info.size} bytes", path)
                if info.offset_data + (info.size if _has_data(info) else 0) > n_bytes:
                    raise _error(f"cut off: {_shown(info)} goes beyond its end", path)
                yield info
            file.seek(end)
            if file.read(BLOCK) != bytes(BLOCK):
                raise _error(f"damaged or cut off after {end:,} bytes: no header, no end", path)
    except BROKEN as error:
        raise _error(f"no uncompressed tar file: {str(error)[:100]}", path) from error


class _Headers(io.FileIO):
    """A tar file of which only headers are read: a length that they claim is not believed."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or not 0 <= size <= MOST_HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return super().read(size) or b""


def _has_data(info: tarfile.TarInfo) -> bool:
    return info.isreg() or info.type not in tarfile.SUPPORTED_TYPES


def _padded(info: tarfile.TarInfo) -> int:
    """Bytes that a member takes after its header, as tarfile counts them."""
    return -(-info.size // BLOCK) * BLOCK if _has_data(info) else 0


def _shown(info: tarfile.TarInfo) -> str:
    return repr(info.name[:60])


def _error(what: str, path: Path, fix: str = FIX) -> DataError:
    return DataError(what, path, fix)
