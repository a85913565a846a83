import pytest

from knowledge.crawling import KnownPage
from supportai.core.tests.web import Page


class TestWhatIsKnown:
    def test_validators_are_sent_and_not_modified_is_unchanged(self, run, put, site):
        put("/", "/a", ETag='"v1"')
        put("/a", Last_Modified="Tue, 24 Nov 2026 10:00:00 GMT")
        known = run().known()
        for path in ("/", "/a"):
            site.pages[path] = Page("", 304)
        site.asked.clear()
        made = run("/", known)
        assert made.named("UnchangedPage") == ["/", "/a"]
        sent = {asked.path: asked.headers for asked in site.asked}
        assert sent["/"]["if-none-match"] == '"v1"'
        assert sent["/a"]["if-modified-since"].startswith("Tue, 24 Nov")
        assert made.known(known) == known
        assert (made.seen, made.summary.is_complete) == (["/", "/a"], True)

    def test_without_validators_the_text_decides(self, run, put):
        put("/", "/a")
        put("/a")
        known = run().known()
        put("/a", "/b", ETag='"new"')
        put("/b")
        made = run("/", known)
        assert made.named("UnchangedPage") == ["/", "/a"]
        assert list(made.pages) == ["/b"]
        assert made.known(known)[made.root + "/a"].etag == '"new"'

    def test_a_changed_page_is_told_again(self, run, put):
        put("/", "/a")
        put("/a")
        known = run().known()
        put("/a", text="Something else than before.")
        assert list(run("/", known).pages) == ["/a"]

    def test_a_page_whose_links_are_not_known_is_asked_for_anew(self, run, put, site):
        put("/", "/a", ETag='"v1"')
        put("/a")
        known = {url: KnownPage(content_hash=page.content_hash, etag=page.etag) for url, page in run().known().items()}
        site.asked.clear()
        made = run("/", known)
        assert made.seen == ["/", "/a"]
        assert not any("if-none-match" in asked.headers for asked in site.asked)

    def test_a_full_crawl_asks_for_every_page(self, run, put, site):
        put("/", ETag='"v1"')
        known = run().known()
        site.asked.clear()
        assert run("/", known, is_full=True).named("UnchangedPage") == ["/"]
        assert not any("if-none-match" in asked.headers for asked in site.asked)

    @pytest.mark.parametrize("status", [404, 410])
    def test_a_page_that_is_gone_is_told_once_it_was_known(self, run, put, site, status):
        put("/", "/a", "/never")
        put("/a")
        known = run().known()
        site.pages["/a"] = Page("gone", status)
        made = run("/", known)
        assert made.named("GonePage") == ["/a"]
        assert made.seen == ["/"]

    def test_a_page_that_nothing_leads_to_any_more_does_not_stand(self, run, put):
        put("/", "/a")
        put("/a")
        known = run().known()
        put("/")
        made = run("/", known)
        assert (made.seen, made.summary.is_complete) == (["/"], True)

    def test_a_failed_page_stands_and_so_does_what_it_led_to(self, run, put, site):
        put("/", "/a")
        put("/a", "/b")
        put("/b")
        known = run().known()
        site.pages["/a"] = Page("", 500)
        made = run("/", known)
        assert made.named("FailedPage") == ["/a"]
        assert (made.seen, made.summary.is_complete) == (["/", "/a", "/b"], True)

    def test_where_it_is_not_known_what_it_led_to_nothing_may_be_removed(self, run, put, site):
        put("/", "/a")
        put("/a", "/b")
        put("/b")
        known = {url: KnownPage(content_hash=page.content_hash) for url, page in run().known().items()}
        site.pages["/a"] = Page("", 500)
        assert not run("/", known).summary.is_complete

    def test_a_known_page_that_moved_stands_at_its_new_address(self, run, put, site):
        put("/", "/a")
        put("/a")
        known = run().known()
        site.redirect("/a", "/new", 301)
        put("/new")
        made = run("/", known)
        assert (list(made.pages), made.seen) == (["/new"], ["/", "/new"])

    def test_a_page_that_forbids_keeping_it_does_not_stand_any_more(self, run, put):
        put("/", "/a")
        put("/a")
        known = run().known()
        put("/a", head="<meta name=robots content=noindex>")
        assert run("/", known).seen == ["/"]

    def test_a_validator_that_would_break_a_header_is_not_sent(self, run, put, site):
        put("/")
        known = {f"{site.url}/": KnownPage(content_hash="x", etag='"a"\r\nX-Evil: 1', links=())}
        assert list(run("/", known).pages) == ["/"]
        assert not any("if-none-match" in asked.headers or "x-evil" in asked.headers for asked in site.asked)
