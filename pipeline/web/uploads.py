"""The page's own check of every file that a request names, and of what a request may ask for.

Gradio copies the file whose path comes in as the value of any component, and serves the copy; what
it checks before depends on how it was started. Here a request may name what the page's upload route
has stored, and nothing else. Of Gradio's own routes only those that the page uses are open: others
fetch addresses, convert films or write files.
"""

import re
import stat
from collections.abc import Collection, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.web.problems import problem

PREFIX = "/gradio_api/"
ROUTES = {"upload", "upload_progress", "queue/join", "queue/data", "cancel", "reset", "app_id",
          "startup-events", "theme.css", "info"}  # fmt: skip
ROUTES_OF_SOMETHING = ("file=", "heartbeat/", "run/")


class OwnRoutes:
    """ASGI middleware: answers with 404 what the page does not use of Gradio's routes."""

    def __init__(self, app: ASGIApp) -> None:
        """Guard an app that has the page."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        app = self.app
        if scope["type"] == "http" and not is_used(scope["path"]):
            fix = "use the page, or the API at /docs"
            what = "the page has no use for this"
            app = problem(HTTPStatus.NOT_FOUND, what, scope["path"], fix)
        await app(scope, receive, send)


def is_used(path: str) -> bool:
    """Whether the page uses an address, or it is none of Gradio's interface."""
    if not path.startswith(PREFIX):
        return True
    route = path.removeprefix(PREFIX).rstrip("/")
    is_remote = re.match(r"file=\s*[a-z][a-z0-9+.-]*:", route, re.IGNORECASE)
    return not is_remote and (route in ROUTES or route.startswith(ROUTES_OF_SOMETHING))


class Page(gr.Blocks):
    """Blocks whose events take no file but the uploads."""

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        """Check an event's inputs before Gradio reads them.

        Raises:
            gr.Error: one of them names a file that is no upload.
        """
        for path in named_files(inputs):
            if not is_upload(path, self.upload_file_set):
                message = "Only files that were uploaded to this page can be used: upload it again."
                raise gr.Error(message, print_exception=False)
        return await super().preprocess_data(block_fn, inputs, state, explicit_call)


def named_files(value: Any) -> Iterator[Any]:
    """What a value from a request names as files: all that is called "path", however deep."""
    values = [value]
    while values:
        value = values.pop()
        if isinstance(value, dict):
            if "path" in value:
                yield value["path"]
            values += value.values()
        elif isinstance(value, list | tuple):
            values += value


def is_upload(path: Any, uploads: Collection[str]) -> bool:
    """Whether a path is a regular file, and one of the page's uploads."""
    if not isinstance(path, str) or path not in uploads:
        return False
    try:
        return stat.S_ISREG(Path(path).lstat().st_mode)
    except OSError:
        return False
