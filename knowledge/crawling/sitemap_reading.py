"""Sitemaps of a site, and those that they list, read one after another."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.crawling.addresses import Scope, key_of, usual_address
from knowledge.crawling.fetching import Fetcher
from knowledge.crawling.sitemaps import NotASitemapError, Sitemap, read_sitemap
from supportai.core.outbound import OutboundError

MAX_SITEMAPS = 100
OK = 200


@dataclass(slots=True)
class SitemapReader:
    """Reads the sitemaps of one host; `doubts` says what could not be read, so that the crawl was not complete.

    `met` holds the keys of addresses that were looked at; those of sitemaps are added.
    """

    fetcher: Fetcher
    host: str
    met: set[str]
    doubts: str = ""

    def pages_of(self, first: Sitemap) -> Iterator[str]:
        """Give the pages of a sitemap and of those that it lists."""
        waiting, asked = deque([first]), 0
        while waiting:
            found = waiting.popleft()
            if found.is_cut:
                self.doubts = "A sitemap lists more addresses than are read."
            yield from (address for address in map(usual_address, found.pages) if address)
            for address in filter(None, map(usual_address, found.sitemaps)):
                asked += 1
                if asked > MAX_SITEMAPS:
                    self.doubts = f"There are more than {MAX_SITEMAPS} sitemaps."
                    return
                inner = self._sitemap_at(address)
                if inner is not None:
                    waiting.append(inner)

    def _sitemap_at(self, address: str) -> Sitemap | None:
        if Scope.around(address).host != self.host or key_of(address) in self.met:
            return None
        self.met.add(key_of(address))
        try:
            fetched = self.fetcher.get(address, is_start=True)
            if fetched.status == OK:
                return read_sitemap(fetched.body)
            why = f"({fetched.status})"
        except NotASitemapError:
            why = "(it is none)"
        except OutboundError as exc:
            why = f"({exc.message})"
        self.doubts = f"The sitemap {address} could not be read {why}."
        return None
