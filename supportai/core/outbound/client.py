"""The client for addresses that people enter or pages name: guarded, bounded in time and size, redirects by hand."""

import ssl
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx
from django.conf import settings

from supportai.core.outbound.errors import (
    AddressRefusedError,
    AddressUnreachableError,
    AnswerRefusedError,
    OtherContentError,
    TooLargeError,
)
from supportai.core.outbound.guard import AddressGuard, guard_from_settings, parse_url
from supportai.core.outbound.transport import GuardedTransport, PinnedBackend

MAX_BYTES = 5_000_000
SECONDS = 20.0
MAX_REDIRECTS = 5
# What an answer without content (an error page, a redirect) may hold before its connection is given up.
MAX_SPARE_BYTES = 65_536
PIECE = 65_536
GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer: `url` is where it came from in the end; `location` where it sends on, if redirects were not followed.

    `body` is unpacked, and empty unless the status says success.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    location: str = ""

    @property
    def media_type(self) -> str:
        """Give what the answer says it is: `text/html`, without parameters."""
        return media_type(self.headers)


class OutboundClient:
    """Asks for addresses, one at a time; one client belongs to one thread. Cookies are not kept.

    :param user_agent: Who asks; `default_user_agent()` names the product and how to reach its operator.
    """

    def __init__(self, *, guard: AddressGuard | None = None, user_agent: str = "") -> None:
        self.guard = guard or guard_from_settings()
        self._backend = PinnedBackend(self.guard)
        self._client = httpx.Client(
            transport=GuardedTransport(self._backend),
            headers={"User-Agent": user_agent or default_user_agent(), "Accept-Encoding": "gzip"},
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _exc: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def fetch(
        self,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        accepts: Iterable[str] = (),
        max_bytes: int = MAX_BYTES,
        seconds: float = SECONDS,
        max_redirects: int = MAX_REDIRECTS,
        is_https_only: bool = False,
    ) -> Fetched:
        """Get what is at an address.

        `accepts` are media types (none: all), an answer that names no type is taken. With `max_redirects=0` a redirect is
        given back and not followed. `seconds` holds for everything, redirects included. `headers` go to the site of the
        address only.

        Raises:
            AddressRefusedError: the address, or one that it sends on to, is not one that we go to.
            AddressUnreachableError: nobody answers, or not in time.
            AnswerRefusedError: it is too large (TooLargeError), of another kind (OtherContentError), damaged, or in circles.
        """
        self._backend.end_in(seconds)
        url = parse_url(address)
        origin, wanted = _origin(url), frozenset(accepts)
        asked: set[str] = set()
        while True:
            self._check(url, came_from=address if asked else "", is_https_only=is_https_only)
            asked.add(str(url))
            sent = headers if _origin(url) == origin else None
            fetched = self._ask(url, sent or {}, wanted, max_bytes=max_bytes, seconds=seconds)
            if not fetched.location or max_redirects == 0:
                return fetched
            if fetched.location in asked:
                raise AnswerRefusedError(f"{address} leads in circles.")
            if len(asked) > max_redirects:
                raise AnswerRefusedError(f"{address} leads on more than {max_redirects} times.")
            url = parse_url(fetched.location)

    def _check(self, url: httpx.URL, *, came_from: str, is_https_only: bool) -> None:
        try:
            self.guard.check_url(url, is_https_only=is_https_only)
        except AddressRefusedError as exc:
            if came_from:
                raise AddressRefusedError(f"{came_from} leads on to {url}, which is refused: {exc.message}") from exc
            raise

    def _ask(
        self, url: httpx.URL, headers: Mapping[str, str], accepts: frozenset[str], *, max_bytes: int, seconds: float
    ) -> Fetched:
        # The deadline of the whole is the backend's; each step may take as long.
        timeout = httpx.Timeout(seconds, connect=None)
        try:
            with self._client.stream("GET", url, headers=dict(headers), timeout=timeout) as response:
                body = _body(response, accepts, max_bytes)
        except httpx.HTTPError as exc:
            raise _failure(exc, url.host, seconds) from exc
        finally:
            self._client.cookies.clear()
        return Fetched(
            url=str(url),
            status=response.status_code,
            headers=response.headers,
            body=body,
            location=_location(response, url),
        )


def default_user_agent() -> str:
    """Name the product and how to reach whoever runs it."""
    return f"{settings.OUTBOUND_AGENT}/1.0 (+{settings.OUTBOUND_CONTACT})"


def media_type(headers: Mapping[str, str]) -> str:
    """Read the media type of a `Content-Type`, without parameters, in small letters; empty when there is none."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _body(response: httpx.Response, accepts: frozenset[str], max_bytes: int) -> bytes:
    if not response.is_success:
        spare = 0
        for piece in response.iter_raw(PIECE):
            spare += len(piece)
            if spare > MAX_SPARE_BYTES:
                break
        return b""
    kind = media_type(response.headers)
    if accepts and kind and kind not in accepts:
        raise OtherContentError(f"It is {kind}, which is not read.", media_type=kind)
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:18]) > max_bytes:
        raise TooLargeError(max_bytes)
    return b"".join(_unpacked(response, max_bytes))


def _unpacked(response: httpx.Response, max_bytes: int) -> Iterator[bytes]:
    """Unpack as much as is asked for, so that a small answer cannot become a huge one in memory."""
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    raw = _counted(response.iter_raw(PIECE), max_bytes)
    if packing in {"", "identity"}:
        yield from raw
    elif packing in {"gzip", "x-gzip"}:
        yield from gunzip(raw, max_bytes)
    else:
        raise AnswerRefusedError(f"The answer is packed as {packing[:20]}, although nobody asked for that.")


def _counted(pieces: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > max_bytes:
            raise TooLargeError(max_bytes)
        yield piece


def gunzip(packed: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    """Unpack gzip piece by piece and hold at most 64 KB of it at once.

    Raises:
        TooLargeError: there is more than `max_bytes`.
        AnswerRefusedError: it is damaged, or ends too early.
    """
    unpacker, size = zlib.decompressobj(GZIP), 0
    try:
        for piece in packed:
            for out in _inflate(unpacker, piece):
                size += len(out)
                if size > max_bytes:
                    raise TooLargeError(max_bytes)
                yield out
        yield unpacker.flush()
    except zlib.error as exc:
        raise AnswerRefusedError("The answer cannot be unpacked: it is damaged.") from exc
    if not unpacker.eof:
        raise AnswerRefusedError("The answer ends too early to be unpacked.")


def _inflate(unpacker: "zlib._Decompress", piece: bytes) -> Iterator[bytes]:
    """Give what a piece unpacks to; what follows the end of the file is dropped, as browsers do."""
    while piece and not unpacker.eof:
        yield unpacker.decompress(piece, PIECE)
        piece = unpacker.unconsumed_tail


def _location(response: httpx.Response, url: httpx.URL) -> str:
    """Give where an answer sends on, whole; empty when it does not.

    Raises:
        AnswerRefusedError: it names no web address.
    """
    if not response.has_redirect_location:
        return ""
    try:
        return str(url.join(response.headers["location"]))
    except (httpx.InvalidURL, UnicodeError, ValueError) as exc:
        raise AnswerRefusedError(f"{url} leads on to something that is not a web address.") from exc


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _failure(exc: httpx.HTTPError, host: str, seconds: float) -> AddressUnreachableError | AnswerRefusedError:
    cause: BaseException | None = exc
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return AddressUnreachableError(f"The certificate of {host} is not valid: {cause.verify_message}.")
    if cause is not None:
        return AddressUnreachableError(f"{host} cannot be reached over an encrypted connection.")
    if isinstance(exc, httpx.TimeoutException):
        return AddressUnreachableError(f"{host} did not answer within {seconds:g} seconds.")
    if isinstance(exc, httpx.ConnectError):
        return AddressUnreachableError(f"{host} does not take connections.")
    if isinstance(exc, httpx.NetworkError):
        return AddressUnreachableError(f"{host} broke the connection off.")
    return AnswerRefusedError(f"{host} does not answer as a web server does.")
