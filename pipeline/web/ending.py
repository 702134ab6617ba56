"""How a server ends: what is in work has its grace, then all of it is ended, and told so."""

import asyncio
import math
import socket

import uvicorn
from starlette.types import ASGIApp

from pipeline.web.service import ColorService

ANSWERING_S = 0.3  # for answers that say so, before the connections are cut
LAST_S = 2  # after the grace, for all of that; then the tasks themselves are cancelled


class GracefulServer(uvicorn.Server):
    """Runs an app until it is told to stop."""

    def __init__(self, app: ASGIApp, service: ColorService) -> None:
        """Nothing runs yet.

        Args:
            app: around the service.
            service: whose limits say how long the grace is.
        """
        self._service = service
        last_s = math.ceil(service.limits.grace) + LAST_S
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=last_s)
        super().__init__(config)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening; end what is in work when its grace is over; then close the app."""
        ending = asyncio.create_task(self._end_after_grace())
        try:
            await super().shutdown(sockets)
        finally:
            ending.cancel()

    async def _end_after_grace(self) -> None:
        await asyncio.sleep(self._service.limits.grace)
        await asyncio.to_thread(self._service.pool.close)
        await asyncio.sleep(ANSWERING_S)
        for connection in list(self.server_state.connections):  # the page's streams never end
            connection.transport.abort()
