"""Clients that are slow, many, or speak no HTTP; health checks are answered all the while."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from pipeline.engine.bundle import PRETRAINED_DIR
from pipeline.engine.bundle_file import read_bundle
from pipeline.web.app import build_app
from pipeline.web.gate.protocol import SPARE
from pipeline.web.limits import ServerLimits
from tests.pipeline.web.gate.serving import PATIENCE_S, ask, connected, parsed, read_all, serving

LIMITS = ServerLimits(connections=12, header_seconds=0.4, pause_seconds=0.4, upload_bytes=200_000)
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
POST = (
    b"POST /v1/colorize HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n"
)
PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(build_app(read_bundle(PRETRAINED_DIR), LIMITS), LIMITS) as one:
        yield one


@pytest.fixture(scope="module")
def patient() -> Iterator[int]:
    """One that waits long for a body."""
    limits = replace(LIMITS, pause_seconds=60)
    with serving(build_app(read_bundle(PRETRAINED_DIR), limits), limits) as one:
        yield one


def health_seconds(port: int) -> float:
    begun = time.monotonic()
    assert ask(port, HEALTH) == (200, {"status": "ok"})
    return time.monotonic() - begun


@pytest.mark.parametrize(
    "begin",
    [b"", b"GET /healthz HTTP/1.1\r\nHost: local", b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 5000],
    ids=["nothing", "half a header", "a long header"],
)
def test_a_header_that_does_not_end_is_not_waited_for(port, begin):
    with connected(port) as one:
        if begin:
            one.sendall(begin)
        answer = read_all(one)
    if begin:
        status, told = parsed(answer)
        assert (status, told["what"]) == (408, "the request came too slowly")
    else:
        assert answer == b""


def trickle(one: socket.socket, byte: bytes) -> bytes:
    """Send a byte again and again until there is an answer, which is read."""
    one.settimeout(0.05)
    answer, begun = b"", time.monotonic()
    while not answer and time.monotonic() < begun + 5:
        try:
            one.sendall(byte)
            answer = one.recv(1000)
        except TimeoutError:
            continue
    one.settimeout(PATIENCE_S)
    return answer + read_all(one)


def test_a_header_that_trickles_is_not_waited_for(port):
    """However often a byte of it comes."""
    with connected(port) as one:
        assert parsed(trickle(one, b"G"))[0] == 408


@pytest.mark.parametrize(
    "length", [b"Content-Length: 9000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n5\r\n"]
)
def test_a_body_that_does_not_end_is_not_waited_for(port, length):
    status, told = ask(port, POST + length + PART[:5])
    assert (status, told["what"]) == (408, "the request came too slowly")


def test_a_body_that_trickles_is_not_waited_for(port):
    with connected(port) as one:
        one.sendall(POST + b"Content-Length: 9000\r\n\r\n" + PART)
        assert parsed(trickle(one, b"x"))[0] == 408


def test_a_body_that_nobody_asked_for_is_not_read_for_ever(port):
    """The answer has been given; what follows is thrown away for a while."""
    with connected(port) as one:
        one.sendall(b"POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000\r\n\r\n")
        begun, answer = time.monotonic(), read_all(one)
    assert parsed(answer)[0] == 404
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"Content-Length: 200001\r\n\r\n", 413),
        (b"Content-Length: 99999999999999999\r\n\r\n", 413),
        (b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n" + PART + b"x" * 200_001, 413),
        (b"Content-Length: -1\r\n\r\n", 400),
        (b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n\r\n", 400),
        (b"Transfer-Encoding: gzip\r\n\r\n", 400),
        (b"X: " + b"a" * 16_001 + b"\r\n\r\n", 431),
        (b"X: " + b"a" * 300_000, 400),
        (b"X: a\x00b\r\n\r\n", 400),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_body_or_header_that_makes_no_sense_is_a_problem(port, body, status):
    found, told = ask(port, POST + body)
    assert found == told["status"] == status
    assert told["fix"]


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",  # TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n\r\n",  # no Host
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET  /healthz\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_what_is_no_http_is_a_problem(port, request_):
    status, told = ask(port, request_)
    assert status == told["status"] == 400


def test_health_is_told_while_slow_clients_hold_every_connection(port):
    """By headers that do not end: those that came first are let go."""
    with ExitStack() as stack:
        for _ in range(3 * LIMITS.connections):
            slow = stack.enter_context(connected(port))
            slow.sendall(b"GET / HTTP/1.1\r\nHost: lo")
        assert health_seconds(port) < 0.5


def test_health_is_told_while_uploads_hold_every_connection(patient):
    """Who comes on top is told to come back."""
    upload = POST + b"Content-Length: 90000\r\nExpect: 100-continue\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(LIMITS.connections):
            slow = stack.enter_context(connected(patient))
            slow.sendall(upload)
            assert slow.recv(1000).startswith(b"HTTP/1.1 100")
        status, told = ask(patient, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (status, told["what"]) == (503, "too many connections are open")
        assert health_seconds(patient) < 0.5
        for _ in range(2 * SPARE):
            stack.enter_context(connected(patient))
        assert health_seconds(patient) < 0.5
    assert health_seconds(patient) < 0.5
