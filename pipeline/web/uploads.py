"""The page's own check of every file that a request names.

Gradio copies the file whose path comes in as the value of any component, and serves the copy; what
it checks before depends on how it was started. Here a request may name what the page's upload route
has stored, and nothing else.
"""

import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import gradio as gr


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
                told = "Only files that were uploaded to this page can be used: upload it again."
                raise gr.Error(told, print_exception=False)
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
