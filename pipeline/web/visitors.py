"""Who visits the page: each has a folder of its own, and a random cookie that says whose it is.

The cookie bears a code that only this server makes; a visitor costs nothing before it has a file.
"""

import hmac
import os
import secrets
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import Scope

from pipeline.web.limits import KEPT_SECONDS, TOO_MANY, Refusal, ServerLimits

COOKIE = "colorize_visitor"
KEY = "colorize.visitor"  # where an ASGI scope has who asks
MOST_VISITORS = 2000  # with files or sessions; the one that has been away longest goes first
MOST_OF_ADDRESS = 200  # of them from one address
MOST_SESSIONS = 32  # of one visitor, each an open page
UPLOADS = "uploads"


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody before the page.

    Attributes:
        id: random.
        folder: of its own on this server; only its files are opened and served.
        require_room: raises `Refusal` where as much is kept there as may be.
    """

    id: str
    folder: Path
    require_room: Callable[[], Any] = field(default=lambda: None, compare=False, repr=False)


@dataclass(kw_only=True, eq=False)
class Record:
    """What a server remembers of a visitor.

    Attributes:
        visitor: whom.
        address: from which it first came.
        uploads: paths of files that came in by the upload route.
        shown: paths outside the folder that an event has shown to this visitor.
        sessions: names of its open pages, the last used last.
        n_bytes: of the files in the folder, when they were last counted.
        used: when it last asked for something, on the clock of `Visitors`.
    """

    visitor: Visitor
    address: str = ""
    uploads: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    sessions: "OrderedDict[str, None]" = field(default_factory=OrderedDict)
    n_bytes: int = 0
    used: float = 0.0


class Visitors:
    """The visitors of one server."""

    def __init__(
        self, folder: Path, limits: ServerLimits, clock: Callable[[], float] = time.time
    ) -> None:
        """Nobody has come yet.

        Args:
            folder: of the visitors' folders; made here.
            limits: what each may keep.
            clock: seconds, as files have them.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.limits, self.clock = folder.resolve(), limits, clock
        self._secret = secrets.token_bytes(32)
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._of_session: dict[str, str] = {}
        self._lock = threading.RLock()

    def cookie(self, id: str) -> str:
        """What a browser keeps."""
        return f"{id}.{hmac.digest(self._secret, id.encode(), 'sha256').hex()}"

    def known_id(self, headers: Headers) -> str | None:
        """Who sends these headers; None if they bear no cookie of this server."""
        given = read_cookie(headers, COOKIE)
        id = given.partition(".")[0]
        is_own = hmac.compare_digest(given.encode(), self.cookie(id).encode())
        return id if id and is_own else None

    def record(self, id: str, address: str = "") -> Record:
        """What is remembered of a visitor, whose folder there is from now on."""
        with self._lock:
            if id not in self._records:
                self._make_room(address)
                folder = self.folder / id
                folder.mkdir(mode=0o700, exist_ok=True)
                room = partial(self.keep, id, [])
                visitor = Visitor(id=id, folder=folder, require_room=room)
                self._records[id] = Record(visitor=visitor, address=address)
            found = self._records[id]
            found.used = self.clock()
            self._records.move_to_end(id)
            return found

    def peek(self, id: str) -> Record | None:
        """What is remembered of a visitor, if anything."""
        with self._lock:
            return self.record(id) if id in self._records else None

    def owns(self, id: str, session: str, *, bind: bool = False) -> bool:
        """Whether a page's session is a visitor's; `bind` gives it one that is nobody's."""
        with self._lock:
            owner = self._of_session.get(session)
            if owner is None and bind:
                record = self.record(id)
                if len(record.sessions) >= MOST_SESSIONS:
                    del self._of_session[record.sessions.popitem(last=False)[0]]
                self._of_session[session] = owner = id
            if owner == id:
                sessions = self.record(id).sessions
                sessions[session] = None
                sessions.move_to_end(session)
            return owner == id

    def keep(self, id: str, sizes: list[int]) -> Record:
        """Make room for files of a visitor.

        Args:
            id: whose.
            sizes: of the files, in bytes.

        Raises:
            Refusal: they are more, or larger, than is kept for one visitor, or for all.
        """
        record, limits = self.record(id), self.limits
        kept = {str(path): size for path, size, _ in files_in(record.visitor.folder)}
        with self._lock:
            record.uploads &= kept.keys()
            record.n_bytes = sum(kept.values())
            fix = f"come back later: files are kept for {KEPT_SECONDS // 60} minutes"
            if len(record.uploads) + len(sizes) > limits.visitor_photos:
                what = f"{limits.visitor_photos} photos of one visitor are kept, no more"
                raise Refusal(TOO_MANY, what, "your photos", fix)
            if record.n_bytes + sum(sizes) > limits.visitor_bytes:
                what = f"{limits.visitor_bytes:,} bytes of one visitor are kept, no more"
                raise Refusal(TOO_MANY, what, "your photos", fix)
            stored = sum(one.n_bytes for one in self._records.values())
            if stored + sum(sizes) > limits.all_bytes:
                raise Refusal(TOO_MANY, "the server keeps all that it can", "your photos", fix)
            record.n_bytes += sum(sizes)
            return record

    def sweep(self, shown_to_all: Collection[str] = ()) -> None:
        """Remove what is older than files are kept, but for what the page shows to everybody.

        A visitor that has not asked for anything for so long is forgotten.
        """
        oldest = self.clock() - KEPT_SECONDS
        with self._lock:
            records = list(self._records.values())
        own = {one.visitor.folder for one in records}
        for path in [one for one in self.folder.iterdir() if one not in own]:  # Gradio's copies
            for copy, _, changed in files_in(path):
                if changed < oldest and str(copy) not in shown_to_all:
                    with suppress(OSError):
                        copy.unlink()
        for record in records:
            kept = 0
            for path, size, changed in list(files_in(record.visitor.folder)):
                if changed >= oldest:
                    kept += size
                    continue
                with suppress(OSError):  # it is being read, or has just gone
                    path.unlink()
            record.n_bytes = kept
            if record.used < oldest:
                self.drop(record.visitor.id)

    def _make_room(self, address: str) -> None:
        """Let who has been away longest go, where there are too many."""
        near = [id for id, one in self._records.items() if one.address == address]
        if len(near) >= MOST_OF_ADDRESS:
            self.drop(near[0])
        elif len(self._records) >= MOST_VISITORS:
            self.drop(next(iter(self._records)))

    def drop(self, id: str) -> None:
        """Forget a visitor, and remove its files."""
        with self._lock:
            record = self._records.pop(id, None)
            for session in record.sessions if record else ():
                self._of_session.pop(session, None)
        if record:
            shutil.rmtree(record.visitor.folder, ignore_errors=True)


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Who asks, as an ASGI scope has it."""

    id: str
    address: str
    visitors: Visitors


def visitor_of(request: Any) -> Visitor:
    """The visitor who sent a request, found by its cookie.

    Args:
        request: Starlette's, or Gradio's, which has Starlette's within.
    """
    inner = request if isinstance(request, HTTPConnection) else request.request
    return record_of(inner.scope).visitor


def record_of(scope: Scope) -> Record:
    """What is remembered of who asks."""
    asking: Asking = scope[KEY]
    return asking.visitors.record(asking.id, asking.address)


def read_cookie(headers: Headers, name: str) -> str:
    """A cookie's value; empty if there is none."""
    for line in headers.getlist("cookie"):
        try:
            found = SimpleCookie(line).get(name)
        except CookieError:
            continue
        if found:
            return found.value
    return ""


def files_in(folder: Path) -> Iterator[tuple[Path, int, float]]:
    """Every file below a folder, links not followed: path, bytes, when it was last changed."""
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            try:
                told = path.lstat()
            except OSError:
                continue  # it has just gone
            yield path, told.st_size, told.st_mtime
