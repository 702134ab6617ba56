"""What a worker says is believed only as far as it has been checked."""

import errno
import json
from typing import Any

import pytest

from basics.errors import (
    CheckpointError,
    ConfigError,
    DamagedError,
    DataError,
    InColorError,
    ProjectError,
    Setting,
    TooLargeError,
)
from pipeline.web.workers import messages
from pipeline.web.workers.messages import NoSenseError, read
from pipeline.web.workers.wire import MOST_LETTERS, from_error

COLORED = {
    "suffix": ".jpg", "category": "beach", "ranking": [["beach", 0.9], ["sea", 0.1]], "width": 3,
    "height": 2, "seconds": 0.1, "colorizer": "shared_encoder/beach",
}  # fmt: skip


def said(**told: Any) -> bytes:
    return json.dumps(told).encode()


def test_an_answer_is_read():
    answer = read(said(done=COLORED), messages.ColoredFile)
    assert answer.ranking == [("beach", 0.9), ("sea", 0.1)]
    assert (answer.suffix, answer.width) == (".jpg", 3)


@pytest.mark.parametrize(
    "error",
    [
        DataError("no photo", "a.jpg", "give one"),
        TooLargeError("too large", "a.jpg", "shrink it", Setting("max_pixels")),
        DamagedError("damaged", "a.jpg", "copy it", Setting("tolerate", True)),
        InColorError("in colour", "a.jpg", "colour it", Setting("keep_color", False)),
        ConfigError("unknown", Setting("category"), "choose another"),
        CheckpointError("damaged", "router.onnx", "get it anew"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_an_error_comes_over_as_it_was(error: ProjectError):
    error.__cause__ = OSError(errno.ENOSPC, "full")
    with pytest.raises(type(error), match=error.what) as caught:
        read(said(error=from_error(error)), messages.Nothing)
    assert type(caught.value) is type(error)
    assert caught.value.for_form() == error.for_form()
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOSPC


def test_an_error_in_any_letters_comes_over_and_is_not_long():
    error = DataError("x" * 10_000, "a\udcff\x00.jpg", "give another")
    with pytest.raises(DataError, match="xxx") as caught:
        read(said(error=from_error(error)), messages.Nothing)
    assert len(caught.value.what) == MOST_LETTERS
    assert caught.value.where == "a?\x00.jpg"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x80\x04.", b"[]", b"{}", b'{"done": 3}', b'{"done": {}}', b'{"done": {}, "x": 1}',
        b"[" * 100_000, b'{"error": {"kind": "SystemExit"}}', b"\xff\xfe", b"NaN",
        said(done={**COLORED, "suffix": "/../../x"}),
        said(done={**COLORED, "suffix": ".html"}),
        said(done={**COLORED, "width": "3"}),
        said(done={**COLORED, "width": 0}),
        said(done={**COLORED, "width": 10**30}),
        said(done={**COLORED, "seconds": float("nan")}),
        said(done={**COLORED, "ranking": [["beach", 2.0]]}),
        said(done={**COLORED, "ranking": [["beach"]]}),
        said(done={**COLORED, "ranking": {"beach": 1}}),
        said(done={**COLORED, "category": "x" * (MOST_LETTERS + 1)}),
        said(done={**COLORED, "path": "/etc/passwd"}),
    ],
)  # fmt: skip
def test_what_no_worker_says_is_not_believed(content: bytes):
    with pytest.raises(NoSenseError):
        read(content, messages.ColoredFile)


@pytest.mark.parametrize("name", ["../x.jpg", "a/b.jpg", "", "a\\b", "x" * 300])
def test_a_pair_lies_in_its_own_folder(name: str):
    with pytest.raises(NoSenseError):
        read(said(done={"category": "a", "real": name, "colored": "b.jpg"}), messages.PairOf)
    with pytest.raises(MemoryError):
        read(said(memory=True), messages.PairOf)
