"""Errors as problem+json, RFC 9457: what was wrong, where, and what to do."""

import errno
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from basics.errors import ConfigError, DataError, ProjectError, TooLargeError
from pipeline.web.limits import (
    SERVER_ERROR,
    TOO_LARGE,
    TOO_MANY,
    UNAUTHORIZED,
    UNAVAILABLE,
    UNPROCESSABLE,
    Refusal,
)

MEDIA_TYPE = "application/problem+json"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the disk, somebody's share of it, or one file
log = logging.getLogger(__name__)


class Problem(BaseModel):
    """What every error looks like."""

    title: str
    status: int
    what: str
    where: str
    fix: str


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What the API's description says of these statuses."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {one: {"description": HTTPStatus(one).phrase, "content": content} for one in statuses}


def add_handlers(app: FastAPI) -> None:
    """Let an app answer every error with a problem."""
    app.add_exception_handler(ProjectError, _project_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _bug)


def problem(
    status: int, what: str, where: str, fix: str, *, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """An answer that says what was wrong."""
    content = Problem(
        title=HTTPStatus(status).phrase, status=status, what=what, where=where, fix=fix
    )
    return JSONResponse(content.model_dump(), status, dict(headers or {}), media_type=MEDIA_TYPE)


def of_error(error: ProjectError, *, photo: str | None = None) -> JSONResponse:
    """The answer to an error of the project.

    Args:
        error: what happened.
        photo: what a client calls its photo, whose path on this server is nobody's business.
    """
    what, own, fix = error.for_form()
    headers = {}
    if isinstance(error, Refusal):
        status = error.status
        if status in (TOO_MANY, UNAVAILABLE):
            headers["Retry-After"] = str(error.retry)
        if error.methods:
            headers["Allow"] = ", ".join(error.methods)
        if status == UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, ConfigError):
        status = HTTPStatus.BAD_REQUEST
    elif _is_full(error):
        status = HTTPStatus.INSUFFICIENT_STORAGE
    elif isinstance(error, TooLargeError):
        status = TOO_LARGE
    elif isinstance(error, DataError):
        status = UNPROCESSABLE
    else:
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        log.error("%s", error)
    where = photo if photo and isinstance(error, DataError) else own
    return problem(status, what, where, fix, headers=headers)


def _is_full(error: ProjectError) -> bool:
    """Whether this server's disk is full."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno in FULL


def _project_error(_: Request, error: Any) -> JSONResponse:
    return of_error(error)


def _validation_error(_: Request, error: Any) -> JSONResponse:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body")
    if "UploadFile" in first["msg"]:  # Starlette's own name for it
        return problem(UNPROCESSABLE, "text, not a file", where, "send the photo as a file")
    return problem(UNPROCESSABLE, first["msg"], where or "the request", "see /docs")


def _http_error(request: Request, error: Any) -> JSONResponse:
    message = str(error.detail)
    return problem(
        error.status_code, message, request.scope["path"], "see /docs", headers=error.headers
    )


def _bug(request: Request, _: Exception) -> JSONResponse:
    """What Starlette answers before it raises what nobody foresaw, for the log."""
    what, fix = "the server failed", "tell who runs it: its log says more"
    return problem(SERVER_ERROR, what, request.scope["path"], fix)
