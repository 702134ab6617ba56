"""How a server ends: what is in work has its grace, then all of it is ended, and told so."""

import asyncio
import math
import socket

import uvicorn

from pipeline.web.service import ColorService

ANSWERING_S = 0.3  # for answers that say so, before the connections are cut
LAST_S = 2  # after the grace, for all of that; then the tasks themselves are cancelled


class GracefulServer(uvicorn.Server):
    """Runs an app until it is told to stop."""

    def __init__(self, config: uvicorn.Config, service: ColorService) -> None:
        """Nothing runs yet.

        Args:
            config: of the server; how it ends is set here.
            service: whose limits say how long the grace is.
        """
        self._service = service
        config.timeout_graceful_shutdown = math.ceil(service.limits.grace) + LAST_S
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
