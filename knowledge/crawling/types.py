"""What a crawl is told, what is known from the one before, and what it reports."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlSettings:
    """What to crawl and how far.

    `address` is a page or a sitemap. From a page, links are followed within its host and the folder it stands in; of a
    sitemap, the pages that it lists are read. `include` and `exclude` are patterns of paths, `*` for anything
    (`/docs/*`, `*/print`). `is_full` asks for every page anew, whatever validators are known.
    """

    address: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_pages: int = 500
    max_depth: int = 8
    max_page_bytes: int = 3_000_000
    max_total_bytes: int = 300_000_000
    max_seconds: float = 4 * 3600.0
    delay_seconds: float = 1.0
    # What a site's own crawl-delay may ask for at most; who asks for more is read this slowly.
    max_delay_seconds: float = 10.0
    language: str = "en"
    is_full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPage:
    """What the last crawl said about a page that is stored.

    Without `links` (None) a page of a site is not asked for by its validators, since what it leads to would be lost.
    """

    content_hash: str
    etag: str = ""
    last_modified: str = ""
    links: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawledPage:
    """A page that is new or says something else than before; `body` is Markdown without its title."""

    url: str
    title: str
    body: str
    etag: str
    last_modified: str
    content_hash: str
    language: str
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnchangedPage:
    """A page whose text is known; its validators and links may be new ones, so they replace what was stored."""

    url: str
    etag: str
    last_modified: str
    links: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedPage:
    """A page that could not be read this time, and why; what is stored of it stays."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedPage:
    """A page that is left out on purpose, and why: forbidden to robots, not HTML, the same text as another."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GonePage:
    """A known page that does not exist any more; what is stored of it goes."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlSummary:
    """Always the last event.

    `seen` holds the addresses that stand: crawled, unchanged or failed. Only when `is_complete` may what is known and not in
    `seen` be removed; otherwise `reason` says why the crawl ended early.
    """

    is_complete: bool
    reason: str
    seen: frozenset[str] = field(repr=False)
    requests: int = 0


CrawlEvent = CrawledPage | UnchangedPage | FailedPage | SkippedPage | GonePage | CrawlSummary
