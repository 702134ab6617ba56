"""A call of one of the page's events, read and checked before Gradio sees it."""

import json
from dataclasses import dataclass
from typing import Any

import gradio as gr
from starlette.requests import Request

from pipeline.web.gate.bodies import media_type, read_body
from pipeline.web.gate.values import MOST_DEEP, is_shallow
from pipeline.web.limits import BAD_REQUEST, TOO_LARGE, UNPROCESSABLE, WRONG_TYPE, Refusal

MOST_BYTES = 1_000_000  # of a call; it names files, it does not have them
MOST_LETTERS = 1000  # of what was selected
PLAIN = (str, int, float, type(None))
FIX = "use the page"


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is handed on.

    Attributes:
        session: the page that calls, by the name that it gave itself.
        body: what Gradio is told.
    """

    session: Any
    body: dict[str, Any]

    @property
    def content(self) -> bytes:
        """The body, as it is sent."""
        return json.dumps(self.body).encode()


async def read_json(request: Request) -> dict[str, Any]:
    """The object that a request has as its body.

    Raises:
        Refusal: it has none, or one that is too long or too deep.
    """
    where = request.scope["path"]
    if media_type(request.headers) != "application/json":
        raise Refusal(WRONG_TYPE, "not sent as JSON", where, "send it as application/json")
    what = f"more than {MOST_BYTES:,} bytes of JSON"
    content = await read_body(request, MOST_BYTES, Refusal(TOO_LARGE, what, where, FIX))
    try:
        told = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Refusal(BAD_REQUEST, "JSON that cannot be read", where, FIX) from error
    if not isinstance(told, dict):
        raise Refusal(UNPROCESSABLE, "not an object", where, FIX)
    if not is_shallow(told):
        what = f"JSON that is nested more than {MOST_DEEP} times, or has too many values"
        raise Refusal(UNPROCESSABLE, what, where, FIX)
    return told


async def read_call(request: Request, page: gr.Blocks, *, queued: bool) -> Call:
    """A call of an event.

    Args:
        request: whose body it is.
        page: that has the event.
        queued: whether it waits for its turn; only some need not.

    Raises:
        Refusal: there is no such event, or it takes something else.
    """
    told = await read_json(request)
    index, data = told.get("fn_index"), told.get("data")
    event = page.fns.get(index) if type(index) is int else None
    if event is None or (event.queue and not queued) or not event.targets:
        raise Refusal(UNPROCESSABLE, "the page has no such function", "fn_index", FIX)
    if not isinstance(data, list) or len(data) != len(event.inputs):
        what = f"the function takes {len(event.inputs)} values"
        raise Refusal(UNPROCESSABLE, what, "data", FIX)
    trigger = told.get("trigger_id")
    if trigger is not None and type(trigger) is not int:
        raise Refusal(UNPROCESSABLE, "not a component", "trigger_id", FIX)
    is_choice = any(name == "select" for _, name in event.targets)
    happened = _choice(told.get("event_data")) if is_choice else None
    session = told.get("session_hash")
    body = {
        "fn_index": index, "data": data, "session_hash": session, "trigger_id": trigger,
        "event_data": happened,
    }  # fmt: skip
    return Call(session=session, body=body)


def _choice(happened: Any) -> dict[str, Any]:
    """What somebody has selected: plain values alone.

    Raises:
        Refusal: nothing was.
    """
    if not isinstance(happened, dict) or not {"index", "value"} <= happened.keys():
        raise Refusal(UNPROCESSABLE, "nothing was selected", "event_data", FIX)
    index = happened["index"] if isinstance(happened["index"], list) else [happened["index"]]
    value = happened["value"]
    if not all(isinstance(one, PLAIN) for one in [*index, value]) or len(str(value)) > MOST_LETTERS:
        raise Refusal(UNPROCESSABLE, "not what can be selected", "event_data", FIX)
    return {one: happened[one] for one in ("index", "value")}


def _refuse_constant(name: str) -> None:
    """NaN and Infinity are no JSON."""
    raise ValueError(name)
