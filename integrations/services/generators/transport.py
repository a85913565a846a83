"""The wire under every client library: one deadline and one size for a whole exchange, and what the server said.

The libraries' own time-outs hold for each read, so a server that sends a byte now and then is never given up. Here the
socket itself knows the deadline: connecting, encrypting, writing and reading all end by it, whatever is sent. (Looking
up a name is the operating system's, with its own time-outs.)
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from types import ModuleType
from typing import Any, Self

from supportai.core import clock

MAX_RESPONSE_BYTES = 8_000_000
MAX_RETRY_AFTER_SECONDS = 3600.0
NUMBER = re.compile(r"^\d+(\.\d+)?$")


@dataclass(slots=True)
class Exchange:
    """One call of a model: until when (monotonic) it may run, and what came back."""

    ends_at: float
    bytes_left: int = MAX_RESPONSE_BYTES
    status: int | None = None
    content_type: str = ""
    retry_after: float | None = None
    started_at: float = field(default_factory=time.monotonic)
    responses: list[Any] = field(default_factory=list, repr=False)

    @property
    def is_over(self) -> bool:
        """Tell whether the deadline has passed."""
        return time.monotonic() >= self.ends_at

    @property
    def seconds_left(self) -> float:
        """Tell how long it may still take."""
        return max(self.ends_at - time.monotonic(), 0.0)

    def restart(self, timeout_seconds: float) -> None:
        """Count from now on."""
        self.started_at = time.monotonic()
        self.ends_at = self.started_at + timeout_seconds

    def note(self, status: int, headers: Mapping[str, str]) -> None:
        """Keep what the answer's head says."""
        self.status = status
        self.content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        self.retry_after = retry_after_seconds(headers.get("retry-after", ""))


_current: ContextVar[Exchange | None] = ContextVar("model_exchange", default=None)


@contextmanager
def exchange(timeout_seconds: float) -> Iterator[Exchange]:
    """Hold everything that this thread sends inside the block to one deadline."""
    current = Exchange(ends_at=time.monotonic() + timeout_seconds)
    token = _current.set(current)
    try:
        yield current
    finally:
        _current.reset(token)
        # A library that chokes on an answer, or a caller that stops it, leaves it open: the server would go on writing
        # and the connection would be lost to the others.
        for response in current.responses:
            with suppress(Exception):
                response.close()


def retry_after_seconds(header: str) -> float | None:
    """Read `Retry-After` (RFC 9110 section 10.2.3): seconds or a date; an hour at most, None when it says neither."""
    header = header.strip()
    if NUMBER.match(header):
        return min(float(header), MAX_RETRY_AFTER_SECONDS)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    seconds = (moment - clock.now()).total_seconds() if moment.tzinfo else 0.0
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)


class SharedTransport:
    """The one transport of this process for `httpx` over `httpcore`, or for their successors of the same form.

    All clients share it, so closing one of them closes nothing. Proxies are left to the clients, which are told to ignore
    the environment's; private certificate authorities (`SSL_CERT_FILE`) hold.
    """

    def __init__(self, http: Any, core: Any) -> None:
        self._http = http
        self._inner = http.HTTPTransport()
        # An attribute of the library's own: its transports take no backend. The tests of deadlines fail when it moves.
        self._inner._pool._network_backend = TimedBackend(core)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_args: object) -> None:
        self.close()

    def close(self) -> None:
        """Stay open for the other clients."""

    def handle_request(self, request: Any) -> Any:
        """Send a request, and keep what the head of its answer says."""
        current = _current.get()
        if current is not None:
            # Waiting for a free connection is the pool's, and the only wait that no socket sees.
            timeouts = {**request.extensions.get("timeout", {}), "pool": current.seconds_left}
            request.extensions = {**request.extensions, "timeout": timeouts}
        # What is counted is what came over the wire, so nothing may come that unpacks to a thousand times as much.
        request.headers["accept-encoding"] = "identity"
        response = self._inner.handle_request(request)
        if current is not None:
            current.note(response.status_code, response.headers)
            current.responses.append(response)
        if response.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            response.close()
            raise self._http.DecodingError("The answer is packed, although nobody asked for that.")
        return response


@cache
def shared_transport(http: ModuleType, core: ModuleType) -> Any:
    """Give the transport of a library, made at its first use."""
    return SharedTransport(http, core)


class TimedBackend:
    """Opens connections whose every step ends by the deadline of the exchange that uses them."""

    def __init__(self, core: Any) -> None:
        self._core = core
        self._plain = core.SyncBackend()

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **kwargs: Any) -> Any:
        """Connect."""
        left = _time_left(timeout, self._core.ConnectTimeout)
        return TimedStream(self._core, self._plain.connect_tcp(host, port, left, **kwargs))

    def sleep(self, seconds: float) -> None:
        """Wait, as the library does between its attempts to connect."""
        self._plain.sleep(seconds)


class TimedStream:
    """A connection that knows the deadline; it may serve one exchange after another."""

    def __init__(self, core: Any, stream: Any) -> None:
        self._core = core
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there."""
        data: bytes = self._stream.read(max_bytes, _time_left(timeout, self._core.ReadTimeout))
        current = _current.get()
        if current is not None:
            current.bytes_left -= len(data)
            if current.bytes_left < 0:
                raise self._core.ReadError("The answer is larger than any answer may be.")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        self._stream.write(buffer, _time_left(timeout, self._core.WriteTimeout))

    def close(self) -> None:
        """Close it."""
        self._stream.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        """Encrypt it."""
        left = _time_left(timeout, self._core.ConnectTimeout)
        return TimedStream(self._core, self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        """Tell of the socket below."""
        return self._stream.get_extra_info(info)


def _time_left(timeout: float | None, late: type[Exception]) -> float | None:
    current = _current.get()
    if current is None:
        return timeout
    left = current.seconds_left
    if not left:
        raise late("The deadline of the whole answer has passed.")
    return left if timeout is None else min(timeout, left)
