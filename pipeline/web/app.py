"""The server: API, page and documentation in one FastAPI app."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection, Container
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from basics.errors import Setting
from pipeline.engine.bundle import Bundle
from pipeline.web.api import build_router
from pipeline.web.gate.bodies import BodyBounds
from pipeline.web.gate.tokens import require_token
from pipeline.web.guard import Guard
from pipeline.web.limits import KEPT_SECONDS, ServerLimits
from pipeline.web.metrics import Metrics
from pipeline.web.problems import add_handlers
from pipeline.web.service import ColorService
from pipeline.web.visitors import Visitors

if TYPE_CHECKING:
    from pipeline.web.tabs.turing_settings import TuringTest

SWEEP_SECONDS = KEPT_SECONDS / 12
ABOUT = "Colours black-and-white photos: each by the network of its category."


def build_app(
    bundle: Bundle,
    limits: ServerLimits | None = None,
    *,
    device: str = "cpu",
    token: str | None = None,
    hosts: Container[str] | None = None,
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
        ConfigError: the token is empty, or none that a client could send.
    """
    if token is not None:
        require_token(token, Setting("token"))
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
    hosts: Container[str] | None,
    own_names: Collection[str],
    turing: "TuringTest | None",
) -> FastAPI:
    """The server around a service; arguments as in `build_app`."""
    sweeps: list[Callable[[], None]] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.warm_up()
        sweeping = asyncio.create_task(_sweep(sweeps))
        yield
        sweeping.cancel()
        service.close()

    app = FastAPIOffline(
        title="Image colorizer", description=ABOUT, version="1", lifespan=lifespan,
        redoc_url=None,
    )  # fmt: skip
    add_handlers(app)
    app.include_router(build_router(service, Metrics()))
    if turing is not None:
        uploads = service.folder / "page"
        os.environ["GRADIO_TEMP_DIR"] = str(uploads)  # it asks the environment, when it is imported

        from pipeline.web.page import mount_page

        visitors = Visitors(uploads, service.limits)
        page = mount_page(app, service, turing, visitors)
        sweeps += [lambda: visitors.sweep(page.shown_to_all), page.forget_files]
    app.state.service = service
    app.add_middleware(BodyBounds, limits=service.limits)
    app.add_middleware(Guard, token=token, hosts=hosts, own_names=own_names)
    return app


async def _sweep(sweeps: Collection[Callable[[], None]]) -> None:
    """Remove old files, every few minutes."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        for sweep in sweeps:
            await asyncio.to_thread(sweep)
