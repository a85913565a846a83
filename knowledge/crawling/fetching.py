"""Requests of a crawl: at the site's pace, within the crawl's limits, tried again where that is polite."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings as installation

from knowledge.crawling.robots import MAX_ROBOTS_BYTES, Robots
from knowledge.crawling.sitemaps import MAX_SITEMAP_BYTES, TYPES
from knowledge.crawling.types import CrawlSettings
from supportai.core.outbound import AddressUnreachableError, Fetched, OutboundClient, OutboundError

HTML = ("text/html", "application/xhtml+xml")
# A server that is busy says so with these, and may say for how long.
BUSY = frozenset({429, 502, 503, 504})
TOO_MANY = 429
LONGEST_WAIT = 60.0
PATIENCE = 5.0
# So many in a row, and the site is left alone.
MAX_FAILURES = 6
SERVER_ERROR = 500
# Of so many addresses one should be a page that is kept; else the site is a maze.
REQUESTS_PER_PAGE = 5


class StopError(Exception):
    """The crawl ends here; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(slots=True)
class Fetcher:
    """Asks one site after another request, never two at once."""

    client: OutboundClient
    settings: CrawlSettings
    sleep: Callable[[float], object]
    requests: int = 0
    size: int = 0
    failures: int = 0
    began_at: float = field(default_factory=time.monotonic)
    next_at: float = 0.0
    _robots: dict[str, Robots] = field(default_factory=dict)

    def robots(self, address: str) -> Robots:
        """Give the rules of an address' site, read once.

        Raises:
            StopError: they cannot be read now, so nothing may be read (RFC 9309 section 2.3.1.4).
        """
        parts = urlsplit(address)
        root = f"{parts.scheme}://{parts.netloc}"
        if root not in self._robots:
            self._robots[root] = self._read_robots(root)
        return self._robots[root]

    def _read_robots(self, root: str) -> Robots:
        address = f"{root}/robots.txt"
        try:
            fetched = self.client.fetch(address, max_bytes=10 * MAX_ROBOTS_BYTES)
        except AddressUnreachableError as exc:
            raise StopError(exc.message) from exc
        except OutboundError as exc:
            raise StopError(f"{address} cannot be read, so it is not known what may be. {exc.message}") from exc
        finally:
            self.requests += 1
            self.next_at = time.monotonic() + self.settings.delay_seconds
        if fetched.status >= SERVER_ERROR or fetched.status == TOO_MANY:
            raise StopError(
                f"{address} answers with an error ({fetched.status}), so nothing may be read now. Try later."
            )
        is_text = "html" not in fetched.media_type
        text = fetched.body.decode("utf-8", "replace") if fetched.body and is_text else ""
        return Robots(text, installation.OUTBOUND_AGENT)

    def get(self, address: str, *, headers: Mapping[str, str] | None = None, is_start: bool = False) -> Fetched:
        """Get a page (or, at a start, a sitemap); a redirect is given back.

        Raises:
            OutboundError: it cannot be read.
            StopError: the crawl's limits are reached, or the site is to be left alone.
        """
        try:
            fetched = self._patiently(address, headers or {}, is_start=is_start)
        except AddressUnreachableError as exc:
            self._note_failure(exc.message)
            raise
        self.size += len(fetched.body)
        if fetched.status >= SERVER_ERROR:
            self._note_failure(f"The site answers with errors ({fetched.status}).")
        else:
            self.failures = 0
        return fetched

    def _note_failure(self, why: str) -> None:
        self.failures += 1
        if self.failures >= MAX_FAILURES:
            raise StopError(f"{why} After {MAX_FAILURES} failures in a row the site was left alone; try again later.")

    def _patiently(self, address: str, headers: Mapping[str, str], *, is_start: bool) -> Fetched:
        """Ask, and once more after a pause when the site is busy or broke off."""
        try:
            fetched = self._once(address, headers, is_start=is_start)
        except AddressUnreachableError:
            self.sleep(PATIENCE)
            return self._once(address, headers, is_start=is_start)
        if fetched.status not in BUSY:
            return fetched
        asked = fetched.headers.get("retry-after", "")
        wait = float(asked) if asked.isdecimal() and len(asked) <= 6 else PATIENCE  # noqa: PLR2004 - digits of a number
        if wait > LONGEST_WAIT:
            raise StopError(f"The site asks to be left alone for {wait:,.0f} seconds; try again later.")
        self.sleep(wait)
        fetched = self._once(address, headers, is_start=is_start)
        if fetched.status == TOO_MANY:
            raise StopError("The site says that it is asked too often (429). Try again later, with a longer pause.")
        return fetched

    def _once(self, address: str, headers: Mapping[str, str], *, is_start: bool) -> Fetched:
        self._check_limits()
        self._keep_pace(address)
        self.requests += 1
        try:
            return self.client.fetch(
                address,
                headers=headers,
                accepts=(*HTML, *TYPES) if is_start else HTML,
                max_bytes=MAX_SITEMAP_BYTES if is_start else self.settings.max_page_bytes,
                max_redirects=0,
            )
        finally:
            self.next_at = time.monotonic() + self._pause(address)

    def _check_limits(self) -> None:
        if self.requests > REQUESTS_PER_PAGE * self.settings.max_pages + MAX_FAILURES:
            raise StopError(
                f"After {self.requests:,} requests there are still more addresses, most of them no new pages."
            )
        if self.size > self.settings.max_total_bytes:
            raise StopError(
                f"The limit of {self.settings.max_total_bytes / 1_000_000:,.0f} MB was reached; there is more."
            )
        if time.monotonic() - self.began_at > self.settings.max_seconds:
            raise StopError(f"The limit of {self.settings.max_seconds / 60:,.0f} minutes was reached; there is more.")

    def _keep_pace(self, address: str) -> None:
        wait = self.next_at - time.monotonic()
        if wait > 0 and self.requests:
            self.sleep(min(wait, self._pause(address)))

    def _pause(self, address: str) -> float:
        """Give the seconds between two requests: ours, or what the site asks for, up to a limit."""
        asked = self.robots(address).delay_seconds
        return max(self.settings.delay_seconds, min(asked, self.settings.max_delay_seconds))
