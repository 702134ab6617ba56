"""The server: API, page and documentation in one FastAPI app."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from pipeline.bundle import Bundle
from pipeline.web.api import build_router
from pipeline.web.guard import Guard
from pipeline.web.limits import Limits
from pipeline.web.metrics import Metrics
from pipeline.web.problems import add_handlers
from pipeline.web.studio import Studio

if TYPE_CHECKING:
    from pipeline.web.turing_settings import TuringTest

ABOUT = "Colours black-and-white photos: each by the network of its category."


def build_app(
    bundle: Bundle,
    limits: Limits | None = None,
    *,
    device: str = "cpu",
    token: str | None = None,
    turing: "TuringTest | None" = None,
) -> FastAPI:
    """Build the server.

    Args:
        bundle: of models.
        limits: what a client may ask for.
        device: runs the networks; see `pipeline.router.Colorizer`.
        token: that a client must give; None lets everybody in.
        turing: photos and answers of the Turing test; None leaves the page out, not the API.
    """
    studio = Studio(bundle, limits, device=device)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        studio.warm_up()
        yield
        studio.close()

    app = FastAPIOffline(
        title="Image colorizer", description=ABOUT, version="1", lifespan=lifespan,
        redoc_url=None,
    )  # fmt: skip
    add_handlers(app)
    app.include_router(build_router(studio, Metrics()))
    if turing is not None:
        uploads = studio.folder / "page"
        uploads.mkdir()
        os.environ["GRADIO_TEMP_DIR"] = str(uploads)  # it asks the environment, when it is imported

        from pipeline.web.page import mount_page

        app = mount_page(app, studio, turing)
    app.state.studio = studio
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=studio.limits.upload_bytes)
    app.add_middleware(Guard, token=token)
    return app
