"""A job is done as long as the client that wants it is there."""

import asyncio
from http import HTTPStatus

from starlette.requests import Request

from basics.errors import Cancelled
from pipeline.web.limits import Refusal
from pipeline.web.service import ColorService
from pipeline.web.workers.jobs import Ask, Reply

LOOK_S = 0.25  # between two looks at whether a client is there
GONE = "499"  # what the metrics call it; no status of HTTP's own


class ClientGoneError(Exception):
    """Nobody waits for the answer any more."""


async def answer_while_there(service: ColorService, ask: Ask[Reply], connection: Request) -> Reply:
    """Have something done, and wait for it.

    Raises:
        ProjectError: it cannot be done.
        ClientGoneError: the client has gone, whose job is then ended.
    """
    job = service.submit(ask)
    answer = asyncio.wrap_future(job.done)
    answer.add_done_callback(lambda one: one.cancelled() or one.exception())  # it may not be asked
    while not answer.done():
        await asyncio.wait([answer], timeout=LOOK_S)
        if not answer.done() and await connection.is_disconnected():
            service.pool.cancel(job)
            await asyncio.wait([answer])
            raise ClientGoneError
    try:
        return answer.result()
    except Cancelled as error:
        what = "the server is being stopped"
        status = HTTPStatus.SERVICE_UNAVAILABLE
        raise Refusal(status, what, "the photo", "send it again later") from error
