"""The wire of outbound requests: connects to the very address that was checked, and every step ends by one deadline.

The check stands where the connection is made, so a name that answers differently the second time leads nowhere else; TLS and
the Host header keep the name. (Looking up a name is the operating system's, with its own time-outs.)
"""

import ssl
import time
from functools import cache
from typing import Any

import httpcore
import httpx

from supportai.core.outbound.guard import AddressGuard

# Of a host with many addresses, so many are tried.
MAX_TRIED = 3
CONNECT_SECONDS = 5.0


class PinnedBackend(httpcore.NetworkBackend):
    """Opens connections to checked addresses; all of them end when the deadline that was set last has passed."""

    def __init__(self, guard: AddressGuard) -> None:
        self.guard = guard
        self._plain = httpcore.SyncBackend()
        self._ends_at = float("inf")

    def end_in(self, seconds: float) -> None:
        """Set the deadline."""
        self._ends_at = time.monotonic() + seconds

    def time_left(self, timeout: float | None, late: type[Exception]) -> float:
        """Give the time that a step may take.

        Raises:
            Exception: the kind that was given, when the deadline has passed.
        """
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise late("The deadline has passed.")
        return left if timeout is None else min(timeout, left)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        """Look the host up, refuse what is not public or allowed, and connect to one of the addresses found."""
        failure: Exception = httpcore.ConnectError(f"{host} has no address.")
        for address in self.guard.resolve(host, port)[:MAX_TRIED]:
            left = self.time_left(CONNECT_SECONDS if timeout is None else timeout, httpcore.ConnectTimeout)
            try:
                stream = self._plain.connect_tcp(
                    str(address), port, timeout=left, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failure = exc
                continue
            return TimedStream(stream, self)
        raise failure


class TimedStream(httpcore.NetworkStream):
    """A connection that gives up at the deadline, also against a server that sends a byte now and then."""

    def __init__(self, stream: httpcore.NetworkStream, backend: PinnedBackend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._backend.time_left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._backend.time_left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._backend.time_left(timeout, httpcore.ConnectTimeout)
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@cache
def tls_context() -> ssl.SSLContext:
    """Give the trusted authorities of this process; reading them takes longer than most requests."""
    return httpx.create_ssl_context()


class GuardedTransport(httpx.HTTPTransport):
    """The library's transport over our backend: no proxies, private certificate authorities (`SSL_CERT_FILE`) hold."""

    def __init__(self, backend: PinnedBackend) -> None:
        super().__init__(verify=tls_context())
        # An attribute of the library's own: its transports take no backend. The guard's tests fail when it moves.
        self._pool._network_backend = backend
