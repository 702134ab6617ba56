"""The server: API, page and documentation in one FastAPI app."""

import os
from collections.abc import AsyncIterator, Collection
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from basics.errors import ConfigError, Setting
from pipeline.engine.bundle import Bundle
from pipeline.web.api import build_router
from pipeline.web.guard import Guard
from pipeline.web.limits import ServerLimits
from pipeline.web.metrics import Metrics
from pipeline.web.problems import add_handlers
from pipeline.web.service import ColorService

if TYPE_CHECKING:
    from pipeline.web.turing_settings import TuringTest

ABOUT = "Colours black-and-white photos: each by the network of its category."


def build_app(
    bundle: Bundle,
    limits: ServerLimits | None = None,
    *,
    device: str = "cpu",
    token: str | None = None,
    hosts: Collection[str] | None = None,
    own_names: Collection[str] = (),
    turing: "TuringTest | None" = None,
) -> FastAPI:
    """Build the server.

    Args:
        bundle: of models.
        limits: what a client may ask for.
        device: runs the networks; see `pipeline.colorizer.Colorizer`.
        token: that a client must give; None lets everybody in.
        hosts: names under which it is answered; None answers under any. See `Guard`.
        own_names: names of which pages may post, whatever the server itself is called.
        turing: photos and answers of the Turing test; None leaves the page out, not the API.

    Raises:
        ConfigError: the token is empty.
    """
    if token is not None and not token.strip():
        fix = "give a token of some letters, or leave it out"
        raise ConfigError("an empty token would let everybody in", Setting("token"), fix)
    service = ColorService(bundle, limits, device=device)
    with ExitStack() as undone:
        undone.callback(service.close)
        app = _around(service, token=token, hosts=hosts, own_names=own_names, turing=turing)
        undone.pop_all()
    return app


def _around(
    service: ColorService,
    *,
    token: str | None,
    hosts: Collection[str] | None,
    own_names: Collection[str],
    turing: "TuringTest | None",
) -> FastAPI:
    """The server around a service; arguments as in `build_app`."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.warm_up()
        yield
        service.close()

    app = FastAPIOffline(
        title="Image colorizer", description=ABOUT, version="1", lifespan=lifespan,
        redoc_url=None,
    )  # fmt: skip
    add_handlers(app)
    app.include_router(build_router(service, Metrics()))
    if turing is not None:
        uploads = service.folder / "page"
        uploads.mkdir()
        os.environ["GRADIO_TEMP_DIR"] = str(uploads)  # it asks the environment, when it is imported

        from pipeline.web.page import mount_page

        app = mount_page(app, service, turing)
    app.state.service = service
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=service.limits.upload_bytes)
    app.add_middleware(Guard, token=token, hosts=hosts, own_names=own_names)
    return app
