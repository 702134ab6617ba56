"""The API: POST /v1/colorize, GET /v1/categories, /healthz and /metrics."""

import base64
import math
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Header, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response, StreamingResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from basics.errors import InColorError, ProjectError
from imaging.formats import QUALITY
from pipeline.engine.request import ColorRequest, Rendering
from pipeline.web.files import ANY_TYPE, MEDIA_TYPES, chunks, keep_upload
from pipeline.web.gate.forms import FormRoute
from pipeline.web.limits import UNPROCESSABLE, Refusal
from pipeline.web.metrics import Metrics
from pipeline.web.presence import GONE, ClientGoneError, answer_while_there
from pipeline.web.problems import documented, of_error
from pipeline.web.service import ColorService, require_made, upload_name
from pipeline.web.workers.jobs import Ask
from pipeline.web.workers.messages import ColoredFile
from pipeline.web.workers.tasks import RESULT
from pipeline.web.workers.wire import from_rendering, from_request

METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"]
IMAGES = {"schema": {"type": "string", "format": "binary"}}


class Confidence(BaseModel):
    """How sure the router is of one category."""

    category: str
    confidence: float = Field(ge=0, le=1)


class ColoredPhoto(BaseModel):
    """A coloured photo, and how it came about."""

    category: str
    ranking: list[Confidence]
    colorizer: str
    width: int
    height: int
    seconds: float
    media_type: str
    image: str = Field(description="the file, in base64")


class Categories(BaseModel):
    """What photos can be coloured as."""

    categories: list[str]
    modes: list[str]
    default_mode: str


class Health(BaseModel):
    """That the server runs."""

    status: Literal["ok"] = "ok"


class ColorForm(BaseModel):
    """A photo, and how it is to be coloured."""

    model_config = {"extra": "forbid"}

    file: Annotated[UploadFile, File(description="JPEG, PNG, WebP, TIFF, GIF, AVIF or HEIC")]
    category: str | None = Field(None, description="colour as this category")
    mode: str | None = Field(None, description="faithful or vivid")
    top: int | None = Field(None, ge=1, le=20, description="blend so many categories")
    saturation: float | None = Field(None, ge=0, le=3, description="0 is gray")
    format: Literal["jpg", "png", "webp", "tiff"] | None = Field(None, description="of the result")
    quality: int = Field(QUALITY, ge=1, le=100, description="of JPEG and WebP")
    strip: bool = Field(False, description="leave metadata out")
    pages: Literal["first", "all"] = Field("first", description="of a TIFF of several")
    keep_color: bool = Field(False, description="give a colour photo back as it is")
    best: bool = Field(False, description="the nearest to the truth, which takes longer")
    tolerate: bool = Field(False, description="colour what is left of a damaged photo")

    @property
    def request(self) -> ColorRequest:
        """What colours are wanted."""
        return ColorRequest(
            mode=self.mode or None,
            category=self.category or None,
            top=self.top,
            saturation=self.saturation,
            keep_color=self.keep_color,
            best=self.best,
        )

    @property
    def rendering(self) -> Rendering:
        """How the result is wanted."""
        return Rendering(
            format=self.format, quality=self.quality, strip=self.strip, pages=self.pages
        )


def build_router(service: ColorService, metrics: Metrics) -> APIRouter:
    """The API's routes on one service."""
    router = APIRouter(route_class=FormRoute)
    service.pool.on_end = lambda why: metrics.workers.labels(why).inc()

    @router.post(
        "/v1/colorize",
        summary="Colour a photo",
        response_class=Response,
        responses={
            200: {
                "description": "the coloured photo, or JSON where that is accepted",
                "model": ColoredPhoto,
                "content": {one: IMAGES for one in sorted({*MEDIA_TYPES.values(), ANY_TYPE})},
            },
            **documented(400, 401, 403, 408, 413, 415, 422, 429, 503, 507),
        },
    )
    async def colorize(
        connection: Request,
        form: Annotated[ColorForm, Form(media_type="multipart/form-data")],
        accept: Annotated[str, Header()] = "*/*",
    ) -> Response:
        """Colour a photo; the category and the ranking stand in the answer's headers."""
        try:
            with metrics.timed():
                as_json = "application/json" in accept
                answer = await _colorize(service, form, connection, as_json=as_json)
        except ProjectError as error:
            answer = of_error(error, photo=form.file.filename or "the photo")
        except ClientGoneError:
            metrics.photos.labels(GONE).inc()
            return Response(status_code=HTTPStatus.NO_CONTENT)  # nobody reads it
        metrics.photos.labels(str(answer.status_code)).inc()
        if "X-Category" in answer.headers:
            metrics.categories.labels(answer.headers["X-Category"]).inc()
        return answer

    @router.get(
        "/v1/categories", summary="What photos can be coloured as", responses=documented(401)
    )
    async def categories() -> Categories:
        known, default = service.colorizer.categories, service.bundle.mode
        return Categories(categories=known, modes=service.modes, default_mode=default)

    @router.get("/healthz", summary="Whether the server runs")
    async def health() -> Health:
        return Health()

    @router.get(
        "/metrics", summary="Counters for Prometheus", response_class=PlainTextResponse,
        responses=documented(401),
    )  # fmt: skip
    async def metrics_text(_: Request) -> PlainTextResponse:
        return PlainTextResponse(metrics.text())

    _refuse_all_else(router)
    return router


def _refuse_all_else(router: APIRouter) -> None:
    """Answer with a problem what would fall through to the page: other paths, other methods."""
    allowed = {route.path: route.methods for route in router.routes if isinstance(route, APIRoute)}

    async def refuse(request: Request) -> Response:
        methods = allowed.get(request.url.path)
        if methods is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        allow = {"Allow": ", ".join(sorted(methods))}
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers=allow)

    for path in ("/v1/{rest:path}", *allowed):
        router.add_api_route(path, refuse, methods=METHODS, include_in_schema=False)


async def _colorize(
    service: ColorService, form: ColorForm, connection: Request, *, as_json: bool
) -> Response:
    """Have an upload coloured, and answer with it; no file of it is left when all is read.

    Raises:
        ProjectError: the photo cannot be coloured, or not now.
    """
    request = form.request
    service.colorizer.engine.require(request)
    service.pool.require_room()  # before room on the disk is taken
    folder = service.own_folder()
    path = folder / upload_name(form.file.filename)
    try:
        await run_in_threadpool(keep_upload, form.file.file, path)
        how = {
            "photo": str(path),
            "tolerate": form.tolerate,
            "request": from_request(request),
            "rendering": from_rendering(form.rendering),
        }
        ask = Ask(task="colorize", how=how, reply=ColoredFile, folder=folder)
        try:
            colored = await answer_while_there(service, ask, connection)
        except InColorError as error:
            if as_json:
                what, where = "the photo is in colour already", form.file.filename or "the photo"
                fix = "ask for the image itself"
                raise Refusal(UNPROCESSABLE, what, where, fix) from error
            return _answer(path, None)
        made = require_made(path.with_name(f"{RESULT}{colored.suffix}"))
        return _answer_json(made, colored) if as_json else _answer(made, colored)
    finally:
        service.drop(folder)


def _answer(result: Path, colored: ColoredFile | None) -> Response:
    """The result as it is; the upload itself where it was left alone."""
    file = result.open("rb")  # stays readable when the folder is gone
    headers = {"Content-Length": str(result.stat().st_size), **_headers(colored)}
    return StreamingResponse(chunks(file), headers=headers, media_type=_media_type(result))


def _answer_json(result: Path, colored: ColoredFile) -> Response:
    """The result in an object; its image is written last, as it is read."""
    told = ColoredPhoto(
        category=colored.category,
        ranking=[
            Confidence(category=name, confidence=confidence) for name, confidence in colored.ranking
        ],
        colorizer=colored.colorizer,
        width=colored.width,
        height=colored.height,
        seconds=colored.seconds,
        media_type=_media_type(result),
        image="",
    ).model_dump_json()
    file = result.open("rb")
    head, tail = told[:-2].encode(), told[-2:].encode()  # within the quotes of the image

    def parts() -> Iterator[bytes]:
        yield head
        for chunk in chunks(file):
            yield base64.b64encode(chunk)
        yield tail

    n_bytes = len(told.encode()) + 4 * math.ceil(result.stat().st_size / 3)
    headers = {"Content-Length": str(n_bytes), **_headers(colored)}
    return StreamingResponse(parts(), headers=headers, media_type="application/json")


def _headers(colored: ColoredFile | None) -> dict[str, str]:
    """What is known of a result; letters beyond ASCII are percent-encoded."""
    if colored is None:
        return {"X-Colorized": "false"}
    return {
        "X-Colorized": "true",
        "X-Category": quote(colored.category),
        "X-Ranking": ", ".join(
            f"{quote(name)};q={confidence:.4f}" for name, confidence in colored.ranking
        ),
        "X-Colorizer": quote(colored.colorizer, safe="/+"),
        "X-Seconds": f"{colored.seconds:.3f}",
    }


def _media_type(path: Path) -> str:
    return MEDIA_TYPES.get(path.suffix, ANY_TYPE)
