"""Read a site politely, page by page, and say what became of each.

`crawl(settings, known)` gives events as it goes (see `types`); whoever reads them stores pages as they come and may stop at
any time. It touches no database.
"""

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

__all__ = [
    "CrawlEvent",
    "CrawlSettings",
    "CrawlSummary",
    "CrawledPage",
    "FailedPage",
    "GonePage",
    "KnownPage",
    "SkippedPage",
    "UnchangedPage",
]
