import pytest

from knowledge.crawling import CrawledPage, CrawlSettings, KnownPage, UnchangedPage
from knowledge.crawling.crawler import crawl
from supportai.core.tests.web import serving

TEXT = "Open the settings of your project, choose Export and wait until the mail arrives. "


@pytest.fixture
def site(settings):
    """A site that this installation may read because its operator says so."""
    with serving() as made:
        settings.OUTBOUND_ALLOWED = [f"127.0.0.1:{made.port}"]
        yield made


class Run:
    """What a crawl said, sorted."""

    def __init__(self, events, root):
        self.events = list(events)
        *self.told, self.summary = self.events
        self.root = root

    def named(self, kind):
        return [self.short(event.url) for event in self.told if type(event).__name__ == kind]

    def short(self, url):
        return url.removeprefix(self.root)

    @property
    def pages(self):
        return {self.short(event.url): event for event in self.told if isinstance(event, CrawledPage)}

    @property
    def seen(self):
        return sorted(self.short(url) for url in self.summary.seen)

    def reason(self, path):
        return next(event.reason for event in self.told if self.short(event.url) == path)

    def known(self, before=None):
        """Give what a caller would have stored."""
        stored = dict(before or {})
        for event in self.told:
            if isinstance(event, CrawledPage):
                stored[event.url] = KnownPage(
                    content_hash=event.content_hash,
                    etag=event.etag,
                    last_modified=event.last_modified,
                    links=event.links,
                )
            elif isinstance(event, UnchangedPage):
                old = stored[event.url]
                stored[event.url] = KnownPage(
                    content_hash=old.content_hash, etag=event.etag, last_modified=event.last_modified, links=event.links
                )
        return stored


@pytest.fixture
def run(site):
    """Crawl the site from a path; pauses are noted, not slept."""
    slept = []

    def crawled(path="/", known=None, **options):
        address = path if "://" in path else f"{site.url}{path}"
        settings = CrawlSettings(address=address, **{"delay_seconds": 0.0, **options})
        made = Run(crawl(settings, known or {}, sleep=slept.append), site.url)
        made.slept = slept
        return made

    return crawled


@pytest.fixture
def put(site):
    """Put a page with a text of its own and links at a path."""

    def page(path, *links, head="", text="", title="", **options):
        title = title or f"Page {path}"
        anchors = "".join(f"<li><a href='{link}'>to {link}</a>" for link in links)
        html = f"<main><h1>{title}</h1><p>{text or TEXT + title}</p></main><nav><ul>{anchors}</ul></nav>"
        site.html(path, html, head=f"<title>{title} - Acme</title>{head}", **options)

    return page
