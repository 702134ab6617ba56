"""Routes of the API whose form has each of its fields once."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pipeline.web.gate.bodies import media_type
from pipeline.web.limits import BAD_REQUEST, UNPROCESSABLE, WRONG_TYPE, Refusal

MOST_FILES, MOST_FIELDS = 8, 32  # of one form; more than one file is refused all the same
MOST_BYTES = 10_000  # of a field that is no file
KIND = "multipart/form-data"
FIX = "send a form as /docs describes it"


class FormRoute(APIRoute):
    """A route that reads its form within bounds, before FastAPI looks for the fields."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        answer = super().get_route_handler()
        if self.body_field is None:
            return answer

        async def handle(request: Request) -> Response:
            await _require_once(request)
            return await answer(request)

        return handle


async def read_form(request: Request, *, max_files: int, max_fields: int) -> FormData:
    """The form that a request has as its body, and keeps; who calls closes it.

    Args:
        request: whose body it is.
        max_files: of it.
        max_fields: of it that are no files, each of at most 10 kB.

    Raises:
        Refusal: it has none, or one that cannot be read.
    """
    where = request.scope["path"]
    if media_type(request.headers) != KIND:
        raise Refusal(WRONG_TYPE, "not a form", where, f"send it as {KIND}")
    try:
        return await request.form(
            max_files=max_files, max_fields=max_fields, max_part_size=MOST_BYTES
        )
    except HTTPException as error:
        raise Refusal(BAD_REQUEST, str(error.detail), where, FIX) from error
    except ValueError as error:  # letters that are none in the charset that the form claims
        raise Refusal(BAD_REQUEST, "a form that cannot be read", where, FIX) from error


async def _require_once(request: Request) -> None:
    """Read the form, which the request keeps.

    Raises:
        Refusal: it is none, cannot be read, or has a field twice.
    """
    form = await read_form(request, max_files=MOST_FILES, max_fields=MOST_FIELDS)
    names = [name for name, _ in form.multi_items()]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        await form.close()
        raise Refusal(UNPROCESSABLE, "given more than once", twice[:100], "give it once")
