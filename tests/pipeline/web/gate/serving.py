"""A server of ours in this process, on a port of its own, and clients that speak plain sockets."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from pipeline.web.gate.protocol import server_config
from pipeline.web.limits import ServerLimits

PATIENCE_S = 10


@contextmanager
def serving(app: ASGIApp, limits: ServerLimits) -> Iterator[int]:
    """Serve an app as the command does; gives the port."""
    server = uvicorn.Server(server_config(app, limits))
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True
        )
        thread.start()
        port = listener.getsockname()[1]
        with connected(port) as one:  # answered once it runs
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert read_all(one).startswith(b"HTTP/1.1 200")
        yield port
        server.should_exit = True
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)


def read_all(one: socket.socket) -> bytes:
    """What a server sends until it closes."""
    pieces = []
    try:
        while piece := one.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def ask(port: int, request: bytes) -> tuple[int, dict]:
    """Send bytes, read until the server closes; the first answer's status and its problem."""
    with connected(port) as one:
        one.sendall(request)
        return parsed(read_all(one))


def parsed(answer: bytes) -> tuple[int, dict]:
    head, _, body = answer.partition(b"\r\n\r\n")
    told = json.JSONDecoder().raw_decode(body.decode())[0] if b"json" in head else {}
    return int(head.split()[1]), told
