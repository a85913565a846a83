"""Crawl a site or a sitemap: one request at a time, politely, and each page told of as it comes."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from django.conf import settings as installation

from knowledge.crawling.addresses import DOCUMENTS, NOT_PAGES, Scope, Traps, is_login, key_of, usual_address
from knowledge.crawling.fetching import Fetcher, StopError
from knowledge.crawling.page import Page, UnreadablePageError, read_page
from knowledge.crawling.sitemap_reading import SitemapReader
from knowledge.crawling.sitemaps import NotASitemapError, Sitemap, looks_like_sitemap, read_sitemap
from knowledge.crawling.types import (
    CrawledPage,
    CrawlEvent,
    CrawlSettings,
    CrawlSummary,
    FailedPage,
    GonePage,
    KnownPage,
    SkippedPage,
    UnchangedPage,
)
from supportai.core.outbound import Fetched, OtherContentError, OutboundClient, OutboundError, check_address

MAX_HOPS = 5
# How many addresses are kept in mind for each page that may be read.
MET_PER_PAGE = 50
OK, NOT_MODIFIED = 200, 304
SIGN_IN, FORBIDDEN, MISSING = 401, 403, frozenset({404, 410})
# An address that no site has; what a site shows for it is what it shows for pages that are gone.
NOWHERE = "supportai-asks-what-a-missing-page-looks-like"
SIGN_IN_WORDS = "It can only be read after signing in."


def crawl(
    settings: CrawlSettings, known: Mapping[str, KnownPage], *, sleep: Callable[[float], object] = time.sleep
) -> Iterator[CrawlEvent]:
    """Read what `settings` name and say of each page what became of it; the last event is the summary.

    Nothing is raised for what a site does or does not do: the summary's reason says it, in words for the person who
    entered the address. `known` are the pages that are stored, by their addresses.
    """
    with OutboundClient() as client:
        yield from _Crawl(settings, known, Fetcher(client, settings, sleep)).run()


@dataclass(frozen=True, slots=True)
class _Stop:
    """A place to visit: how many links from the start, and how many redirects led there."""

    address: str
    depth: int
    hops: int = 0


@dataclass(slots=True)
class _Crawl:
    settings: CrawlSettings
    known: Mapping[str, KnownPage]
    fetcher: Fetcher
    scope: Scope = field(init=False)
    start: str = ""
    is_map: bool = False
    queue: deque[_Stop] = field(default_factory=deque)
    met: set[str] = field(default_factory=set)
    # Keys of the pages that stand, and the first address of each text.
    told: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    # Pages that name another as the one to keep, by its key, until that one was looked at.
    held: dict[str, tuple[_Stop, Fetched, Page]] = field(default_factory=dict)
    traps: Traps = field(default_factory=Traps)
    spelling: dict[str, str] = field(default_factory=dict)
    missing: Page | None = None
    missing_leads_to: str = ""
    doubts: str = ""
    # Addresses left out without a request: one for each reason, None once it was told.
    remarks: dict[str, SkippedPage | None] = field(default_factory=dict)

    def run(self) -> Iterator[CrawlEvent]:
        """Crawl, and sum up."""
        self.spelling = {key_of(address): address for address in self.known}
        reason = ""
        try:
            yield from self._begin()
            yield from self._go_on()
        except (StopError, OutboundError) as exc:
            reason = exc.message
        for stop, fetched, page in list(self.held.values()):
            yield from self._tell(stop, fetched, page)
        reason = reason or self.doubts
        yield CrawlSummary(
            is_complete=not reason, reason=reason, seen=frozenset(self.seen), requests=self.fetcher.requests
        )

    # --- The start ---------------------------------------------------------------------------

    def _begin(self) -> Iterator[CrawlEvent]:
        self.start = usual_address(check_address(self.settings.address))
        fetched = self._open_start()
        if fetched.status == OK and looks_like_sitemap(fetched.body, fetched.media_type):
            self.is_map = True
            self._list_sitemap(fetched)
        else:
            self._expect_page(fetched)
        self._ask_for_nowhere()
        if not self.is_map:
            yield from self._take(_Stop(self.start, 0), fetched)
            self._add_named_sitemaps()

    def _open_start(self) -> Fetched:
        """Get the start; where it only leads on to its new home, the crawl moves there.

        Raises:
            StopError: robots may not read it, it leads elsewhere, or it cannot be read.
        """
        asked = self.start
        for _hop in range(MAX_HOPS + 1):
            if not self.fetcher.robots(self.start).can_read(self.start):
                raise StopError(f"The robots.txt of this site asks crawlers not to read {self.start}.")
            fetched = self.fetcher.get(self.start, is_start=True, headers=self._validators(self.start))
            if not fetched.location:
                self.scope = Scope.around(self.start, include=self.settings.include, exclude=self.settings.exclude)
                self.met.add(key_of(self.start))
                return fetched
            target = usual_address(fetched.location)
            if is_login(target):
                raise StopError(f"{asked} leads to a page to sign in, so nothing can be read.")
            if not target or Scope.around(target).host != Scope.around(self.start).host:
                raise StopError(
                    f"{asked} leads to another site, {fetched.location}. Enter that address if you want it."
                )
            self.start = target
        raise StopError(f"{asked} leads on more than {MAX_HOPS} times.")

    def _expect_page(self, fetched: Fetched) -> None:
        if fetched.status in {SIGN_IN, FORBIDDEN}:
            raise StopError(f"{self.start} can only be read after signing in ({fetched.status}).")
        if fetched.status in MISSING:
            raise StopError(f"There is nothing at {self.start} ({fetched.status}). Check the address.")
        if fetched.status not in {OK, NOT_MODIFIED}:
            raise StopError(f"{self.start} answers with an error ({fetched.status}). Try again later.")
        if len(fetched.body) > self.settings.max_page_bytes:
            raise StopError(f"{self.start} is larger than {self.settings.max_page_bytes / 1_000_000:g} MB.")

    def _ask_for_nowhere(self) -> None:
        """Learn what the site shows for pages that do not exist; some say OK."""
        address = f"{self.start.partition('?')[0].rpartition('/')[0]}/{NOWHERE}"
        with suppress(OutboundError, UnreadablePageError):
            if not self.fetcher.robots(address).can_read(address):
                return
            fetched = self.fetcher.get(address)
            if fetched.location:
                self.missing_leads_to = key_of(usual_address(fetched.location))
            elif fetched.status == OK:
                self.missing = self._read(address, fetched)

    # --- Sitemaps ----------------------------------------------------------------------------

    def _list_sitemap(self, fetched: Fetched) -> None:
        """Queue what the sitemap at the start lists; its host is the scope, whatever folder it stands in."""
        self.scope = Scope(self.scope.host, "/", self.settings.include, self.settings.exclude)
        try:
            first = read_sitemap(fetched.body)
        except NotASitemapError as exc:
            raise StopError(f"{self.start} looks like a sitemap but cannot be read as one.") from exc
        for address in self._pages_of(first):
            self._add(address, depth=self.settings.max_depth)
        if not self.queue:
            raise StopError(f"The sitemap at {self.start} lists no page of this site that may be read.")

    def _add_named_sitemaps(self) -> None:
        """Queue what the sitemaps list that robots.txt names; pages that no link leads to are found that way."""
        robots = self.fetcher.robots(self.start)
        named = Sitemap(sitemaps=[usual_address(address, self.start) for address in robots.sitemaps])
        for address in self._pages_of(named):
            self._add(address, depth=1)

    def _pages_of(self, first: Sitemap) -> Iterator[str]:
        reader = SitemapReader(self.fetcher, self.scope.host, self.met)
        yield from reader.pages_of(first)
        self.doubts = reader.doubts or self.doubts

    # --- Page after page ---------------------------------------------------------------------

    def _go_on(self) -> Iterator[CrawlEvent]:
        while self.queue:
            if len(self.told) >= self.settings.max_pages:
                raise StopError(f"The limit of {self.settings.max_pages:,} pages was reached; there are more.")
            stop = self.queue.popleft()
            yield from self._visit(stop)
            yield from self._release(stop.address)
            yield from filter(None, self.remarks.values())
            self.remarks = dict.fromkeys(self.remarks)

    def _visit(self, stop: _Stop) -> Iterator[CrawlEvent]:
        if not self.fetcher.robots(stop.address).can_read(stop.address):
            yield SkippedPage(url=stop.address, reason="The site's robots.txt asks crawlers not to read it.")
            return
        if DOCUMENTS.search(stop.address.partition("?")[0]):
            yield SkippedPage(
                url=stop.address, reason="It is a document, not a page. Upload it as a file to have it read."
            )
            return
        try:
            fetched = self.fetcher.get(stop.address, headers=self._validators(stop.address))
        except OtherContentError as exc:
            yield SkippedPage(url=stop.address, reason=exc.message)
        except OutboundError as exc:
            yield self._fail(stop, exc.message)
        else:
            yield from self._take(stop, fetched)

    def _take(self, stop: _Stop, fetched: Fetched) -> Iterator[CrawlEvent]:
        known = self.known.get(stop.address)
        if fetched.location:
            yield from self._lead_on(stop, fetched.location)
        elif fetched.status == NOT_MODIFIED and known is not None:
            yield from self._keep(stop, fetched, known, known.links)
        elif fetched.status in MISSING:
            yield from self._miss(stop)
        elif fetched.status in {SIGN_IN, FORBIDDEN}:
            yield self._fail(stop, f"{SIGN_IN_WORDS} ({fetched.status})")
        elif fetched.status != OK:
            yield self._fail(stop, f"The site answers with an error ({fetched.status}).")
        else:
            yield from self._take_page(stop, fetched)

    def _take_page(self, stop: _Stop, fetched: Fetched) -> Iterator[CrawlEvent]:
        try:
            page = self._read(stop.address, fetched)
        except UnreadablePageError as exc:
            yield self._fail(stop, str(exc))
            return
        is_start = stop.address == self.start
        if page.refresh and key_of(page.refresh) != key_of(stop.address):
            yield from self._lead_on(stop, page.refresh)
        elif page.is_login:
            yield self._fail(stop, SIGN_IN_WORDS)
        elif not is_start and page.says_missing(self.missing):
            yield from self._miss(stop)
        elif page.directives.is_noindex:
            self._follow(page.links, stop.depth)
            yield SkippedPage(url=stop.address, reason="The page asks not to be kept (noindex).")
        elif not page.body:
            self._follow(page.links, stop.depth)
            why = (
                "It holds no text that can be read without running its scripts."
                if page.has_scripts
                else "It holds no text."
            )
            yield self._fail(stop, why)
        elif self._is_held(stop, fetched, page):
            self._follow(page.links, stop.depth)
        else:
            yield from self._tell(stop, fetched, page)

    def _tell(self, stop: _Stop, fetched: Fetched, page: Page) -> Iterator[CrawlEvent]:
        """Tell of a page that is to be kept, new, changed or as it was."""
        self._follow(page.links, stop.depth)
        first = self.texts.setdefault(page.content_hash, stop.address)
        known = self.known.get(stop.address)
        if first != stop.address:
            yield SkippedPage(url=stop.address, reason=f"It says the same as {first}.")
        elif known is not None and known.content_hash == page.content_hash:
            yield from self._keep(stop, fetched, known, page.links)
        else:
            self._stand(stop)
            yield CrawledPage(
                url=stop.address,
                title=page.title or stop.address,
                body=page.body,
                etag=fetched.headers.get("etag", ""),
                last_modified=fetched.headers.get("last-modified", ""),
                content_hash=page.content_hash,
                language=page.language or self.settings.language,
                links=page.links,
            )

    def _keep(
        self, stop: _Stop, fetched: Fetched, known: KnownPage, links: tuple[str, ...] | None
    ) -> Iterator[CrawlEvent]:
        self._follow(links or (), stop.depth)
        first = self.texts.setdefault(known.content_hash, stop.address)
        if first != stop.address:
            yield SkippedPage(url=stop.address, reason=f"It says the same as {first}.")
            return
        self._stand(stop)
        yield UnchangedPage(
            url=stop.address,
            etag=fetched.headers.get("etag", known.etag if fetched.status == NOT_MODIFIED else ""),
            last_modified=fetched.headers.get(
                "last-modified", known.last_modified if fetched.status == NOT_MODIFIED else ""
            ),
            links=links,
        )

    def _miss(self, stop: _Stop) -> Iterator[CrawlEvent]:
        if stop.address in self.known:
            yield GonePage(url=stop.address)

    def _fail(self, stop: _Stop, reason: str) -> FailedPage:
        """Tell of a page that could not be read; what it led to before is looked at all the same."""
        known = self.known.get(stop.address)
        if known is not None and not self.is_map:
            if known.links is None:
                self.doubts = "A page could not be read, so what it leads to is not known."
            self._follow(known.links or (), stop.depth)
        if stop.address == self.start:
            self.doubts = f"{self.start}: {reason}"
        if known is not None:
            self.told.add(key_of(stop.address))
        self.seen.add(stop.address)
        return FailedPage(url=stop.address, reason=reason)

    def _lead_on(self, stop: _Stop, location: str) -> Iterator[CrawlEvent]:
        target = usual_address(location)
        if target and is_login(target) and not is_login(stop.address):
            yield self._fail(stop, f"{SIGN_IN_WORDS} (It leads to {target}.)")
        elif not target or not self.scope.holds(target):
            yield SkippedPage(url=stop.address, reason=f"It leads to {location[:300]}, which is not read.")
        elif self.missing_leads_to and key_of(target) == self.missing_leads_to:
            yield from self._miss(stop)
        elif target == stop.address or stop.hops >= MAX_HOPS:
            yield self._fail(stop, "It leads on and on, in circles or too often.")
        elif key_of(target) == key_of(stop.address) or key_of(target) not in self.met:
            self.met.add(key_of(target))
            self.queue.appendleft(_Stop(target, stop.depth, stop.hops + 1))

    # --- Which page stands for several -------------------------------------------------------

    def _is_held(self, stop: _Stop, fetched: Fetched, page: Page) -> bool:
        """Let the page that this one names as canonical stand for it, if that one can be read."""
        key = key_of(page.canonical) if page.canonical else ""
        if not key or key == key_of(stop.address) or not self.scope.holds(page.canonical):
            return False
        if key in self.told:
            return True
        is_waiting = any(key_of(waiting.address) == key for waiting in self.queue)
        if (key in self.met and not is_waiting) or not self._may_visit(page.canonical):
            return False
        if not is_waiting:
            self.met.add(key)
            self.queue.appendleft(_Stop(self.spelling.get(key, page.canonical), stop.depth))
        self.held.setdefault(key, (stop, fetched, page))
        return True

    def _release(self, address: str) -> Iterator[CrawlEvent]:
        """Tell of a page that was held for another, now that the other turned out not to stand."""
        key = key_of(address)
        if key in self.held and not any(key_of(stop.address) == key for stop in self.queue):
            stop, fetched, page = self.held.pop(key)
            if key not in self.told:
                yield from self._tell(stop, fetched, page)

    # --- Small parts -------------------------------------------------------------------------

    def _read(self, address: str, fetched: Fetched) -> Page:
        return read_page(address, fetched.body, fetched.headers, agent=installation.OUTBOUND_AGENT)

    def _stand(self, stop: _Stop) -> None:
        self.told.add(key_of(stop.address))
        self.seen.add(stop.address)

    def _follow(self, links: tuple[str, ...], depth: int) -> None:
        if not self.is_map and depth < self.settings.max_depth:
            for address in links:
                self._add(address, depth=depth + 1)

    def _add(self, address: str, *, depth: int) -> None:
        key = key_of(address)
        if key in self.met or not self._may_visit(address):
            return
        if len(self.met) >= MET_PER_PAGE * self.settings.max_pages:
            self.doubts = "The site lists far more addresses than are read."
            return
        self.met.add(key)
        trap = self.traps.catches(address)
        if trap:
            self.remarks.setdefault(trap, SkippedPage(url=address, reason=trap))
        else:
            self.queue.append(_Stop(self.spelling.get(key, address), depth))

    def _may_visit(self, address: str) -> bool:
        path = address.partition("?")[0]
        return self.scope.holds(address) and not NOT_PAGES.search(path) and not is_login(address)

    def _validators(self, address: str) -> dict[str, str]:
        """Give what makes a server answer "not modified" for a page that is stored."""
        known = self.known.get(address)
        if known is None or self.settings.is_full or (known.links is None and not self.is_map):
            return {}
        headers = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        return {name: value for name, value in headers.items() if value and value.isascii() and value.isprintable()}
