"""Connections of the client: to allowed addresses only, each exchange within a deadline.

HTTP libraries bound one read, not the whole: a server that sends a byte of its headers now and then
would hold a request for days. And a name may stand for an address of this machine or of its local
network, such as a router or a cloud's metadata service: a site must not send us there.
"""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from scraper.config import ScrapeConfig

PRIVATE = "an address of this machine or its local network"


class Network(httpcore.NetworkBackend):
    """Opens connections; bounds the exchange that its thread has begun."""

    def __init__(self, config: ScrapeConfig, clock: Callable[[], float] = time.monotonic) -> None:
        """Take from `config` which hosts the user has named, and whether others may be private."""
        self._inner = httpcore.SyncBackend()
        self._clock = clock
        self._exchange = threading.local()
        listed = {"page": config.base_url, "api": config.api_url}.get(config.source)
        named = {urlsplit(listed or "").hostname, *config.allow_hosts}
        self._named = {host for host in named if host}
        # tables come from the user's own disk; who names a local site means to stay there
        self._anywhere = listed is None or any(map(is_private_name, self._named))

    def begin(self, seconds: float) -> None:
        """Let what this thread exchanges from now on end after so many seconds."""
        self._exchange.ends = self._clock() + seconds

    def left(self, timeout: float | None) -> float | None:
        """The timeout of one read or write.

        Raises:
            httpcore.ReadTimeout: the exchange has had its time.
        """
        ends = getattr(self._exchange, "ends", None)
        if ends is None:
            return timeout
        left = ends - self._clock()
        if left <= 0:
            raise httpcore.ReadTimeout("the exchange takes too long")
        return left if timeout is None else min(timeout, left)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host: to the very address that was looked at.

        Raises:
            httpcore.ConnectError: it is not found, or at an address that is not allowed.
        """
        target = host
        if not self._anywhere and host not in self._named:
            target = public_address(host, port)
        stream = self._inner.connect_tcp(
            target, port, self.left(timeout), local_address, socket_options
        )
        return _Stream(stream, self)

    def sleep(self, seconds: float) -> None:
        """Wait between two tries to connect."""
        self._inner.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    """A connection whose every read and write is bounded by its exchange."""

    def __init__(self, inner: httpcore.NetworkStream, network: Network) -> None:
        self._inner, self._network = inner, network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._network.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._network.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(*args, **kwargs), self._network)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def use(client: httpx.Client, network: Network) -> None:
    """Let a client connect by `network`, save through a proxy that the environment names.

    httpx has no argument for it; given a transport of ours, it would forget the environment's
    proxies.
    """
    client._transport._pool._network_backend = network  # pyright: ignore[reportAttributeAccessIssue]


def public_address(host: str, port: int) -> str:
    """The first address of a host.

    Raises:
        httpcore.ConnectError: it has none, or one of its addresses is not public.
    """
    try:
        found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from error
    if not found or any(map(is_private, found)):
        raise httpcore.ConnectError(f"{host} is {PRIVATE}")
    return found[0]


def is_private(address: str) -> bool:
    """Whether an IP address is not one of the public Internet."""
    ip = ipaddress.ip_address(address.split("%")[0])  # fe80::1%eth0
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return not ip.is_global or ip.is_multicast or (mapped is not None and not mapped.is_global)


def is_private_name(host: str) -> bool:
    """Whether a host is named by a private address, or as this machine."""
    try:
        return is_private(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
