"""A visitor's files: how they come in, which of them an event may name, which are served.

Gradio keeps all visitors' files in one folder, copies the file whose path comes in as the value of
any component, and serves the copy to everybody. Here uploads lie in the visitor's own folder; an
event may name those that the visitor's upload route has stored, and nothing else; and a file is
served if it lies in the asker's folder, or was shown to the asker.
"""

import os
import secrets
import shutil
import stat
import sys
from collections.abc import Collection
from contextvars import ContextVar
from functools import cached_property, partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import gradio as gr
from anyio.to_thread import run_sync
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from pipeline.web.files import ANY_TYPE, CHUNK_BYTES, MEDIA_TYPES, chunks
from pipeline.web.gate.forms import read_form
from pipeline.web.gate.values import (
    WrongValueError,
    cleaned,
    named_files,
    require_kind,
    safe_name,
)
from pipeline.web.limits import FORBIDDEN, UNPROCESSABLE, Refusal
from pipeline.web.visitors import KEY, UPLOADS, Asking, Record, Visitors, record_of

MOST_FILES = 50  # of one request
SHOWN = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"}  # in a page; others are saved
FIX = "upload it again"
asking_record: ContextVar[Record | None] = ContextVar("asking_record", default=None)


class Page(gr.Blocks):
    """Blocks whose events take no file but the asking visitor's uploads."""

    async def process_api(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run an event for the visitor who asks."""
        request = kwargs.get("request")
        inner = getattr(request, "request", None)
        known = asking_record.set(record_of(inner.scope) if inner is not None else None)
        try:
            return await super().process_api(*args, **kwargs)
        finally:
            asking_record.reset(known)

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        """Check an event's inputs before Gradio reads them.

        Raises:
            gr.Error: one of them names a file that is no upload of the visitor's, or is not what
                its component takes.
        """
        record = asking_record.get()
        uploads = record.uploads if record else set()
        try:
            uploads = {one for one in named_files(inputs) if is_upload(one, uploads)}
            sound = [cleaned(one, uploads) for one in inputs]
            for block, value in zip(block_fn.inputs, sound, strict=True):
                if not block.stateful:
                    require_kind(block, value)
            return await super().preprocess_data(block_fn, sound, state, explicit_call)
        except gr.Error as error:
            raise gr.Error(str(error.message), print_exception=False) from error
        except WrongValueError as error:
            raise gr.Error(str(error), print_exception=False) from error
        except (ValueError, TypeError, LookupError, AttributeError, OSError) as error:
            message = "The page sent what it does not take: load it again."
            raise gr.Error(message, print_exception=False) from error

    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> list[Any]:
        """Note what the visitor is shown, who may fetch it from then on."""
        output = await super().postprocess_data(block_fn, predictions, state)
        record = asking_record.get()
        if record is not None:
            record.shown.update(str(one) for one in named_files(output))
        return output

    @cached_property
    def shown_to_all(self) -> set[str]:
        """Files that the page shows before anything was done: its examples."""
        return {str(one) for one in named_files(self.config) if isinstance(one, str)}

    def in_line(self) -> list[Asking]:
        """Who has an event in work, or one that waits: once for each of them."""
        lines = [one.queue for one in self._queue.event_queue_per_concurrency_id.values()]
        in_work = [one for one in self._queue.active_jobs if one]
        events = [event for some in (*lines, *in_work) for event in some]
        return [event.request.scope[KEY] for event in events if event.request is not None]

    def is_pending(self, session: str, event: str) -> bool:
        """Whether an event of a session has not ended."""
        return event in self._queue.pending_event_ids_session.get(session, ())

    def forget_files(self) -> None:
        """Let go of the names of files that are there no more."""
        for names in self.temp_file_sets:
            names -= {one for one in list(names) if not os.path.lexists(one)}


def is_upload(path: Any, uploads: Collection[str]) -> bool:
    """Whether a path is a regular file, and one of the uploads."""
    if not isinstance(path, str) or path not in uploads:
        return False
    try:
        return stat.S_ISREG(Path(path).lstat().st_mode)
    except OSError:
        return False


async def take_uploads(request: Request, visitors: Visitors) -> Response:
    """Store a form's files in the visitor's folder; answer with their paths.

    Raises:
        Refusal: it is no such form, or more than is kept.
    """
    sent = await read_form(request, max_files=MOST_FILES, max_fields=8)
    try:
        files = [one for name, one in sent.multi_items() if name == "files"]
        photos = [one for one in files if isinstance(one, UploadFile)]
        if not photos or len(photos) < len(sent.multi_items()):
            raise Refusal(UNPROCESSABLE, "no files came", "files", "send each as a field files")
        asking: Asking = request.scope[KEY]
        visitors.record(asking.id, asking.address)
        paths = await run_sync(partial(_store, visitors, asking.id, photos))
    finally:
        await sent.close()
    return JSONResponse(paths)


def _store(visitors: Visitors, id: str, photos: list[UploadFile]) -> list[str]:
    """Write files into a visitor's folder, each into one of its own; give their paths."""
    record = visitors.keep(id, [one.size or 0 for one in photos])
    paths = []
    for photo in photos:
        folder = record.visitor.folder / UPLOADS / secrets.token_hex(8)
        folder.mkdir(parents=True)
        path = folder / safe_name(photo.filename or "photo")
        try:
            photo.file.seek(0)
            with path.open("xb") as file:
                shutil.copyfileobj(photo.file, file, CHUNK_BYTES)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            status, what = HTTPStatus.INSUFFICIENT_STORAGE, "the server cannot keep the photo"
            raise Refusal(
                status, f"{what}: {error.strerror}", "files", "try again later"
            ) from error
        paths.append(str(path))
    record.uploads.update(paths)
    return paths


async def serve(request: Request, path: str, page: Page) -> Response:
    """Answer with a file: one of the visitor's folder, or one that the visitor was shown.

    Raises:
        Refusal: it is not the asker's to read, or not there; which of both is not told.
    """
    asking: Asking = request.scope[KEY]
    record = asking.visitors.peek(asking.id)
    file = await run_sync(partial(_open, path, record, page.shown_to_all))
    suffix, name = Path(path).suffix.lower(), quote(Path(path).name)
    kind = MEDIA_TYPES[suffix] if suffix in SHOWN else ANY_TYPE
    way = "inline" if suffix in SHOWN else "attachment"
    headers = {
        "Content-Length": str(os.fstat(file.fileno()).st_size),
        "Content-Disposition": f"{way}; filename*=utf-8''{name}",
        "Cache-Control": "private, max-age=600",
    }
    return StreamingResponse(chunks(file), headers=headers, media_type=kind)


def _open(path: str, record: Record | None, shown_to_all: set[str]) -> BinaryIO:
    """A regular file, opened without following links below the folder that is its owner's."""
    root = record.visitor.folder if record else None
    is_own = root is not None and Path(path).is_relative_to(root)
    is_shown = path in shown_to_all or (record is not None and path in record.shown)
    try:
        if not (is_own or is_shown) or ".." in Path(path).parts:
            raise FileNotFoundError
        base = root if is_own and root is not None else Path(path).parent
        return _open_below(base, Path(path).relative_to(base).parts)
    except (OSError, ValueError) as error:
        raise Refusal(FORBIDDEN, "no such file of yours", "file", FIX) from error


def _open_below(base: Path, parts: tuple[str, ...]) -> BinaryIO:
    """Open base/parts[0]/..., each part without following a link, nor waiting for a pipe.

    Raises:
        OSError: there is no such regular file.
    """
    if sys.platform == "win32":
        path = base.joinpath(*parts)
        if path.resolve() != path or not path.is_file():
            raise FileNotFoundError
        return path.open("rb")
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    found = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            inner = os.open(part, flags, dir_fd=found)
            os.close(found)
            found = inner
        if stat.S_ISREG(os.fstat(found).st_mode):
            return os.fdopen(os.dup(found), "rb")
    finally:
        os.close(found)
    raise FileNotFoundError
