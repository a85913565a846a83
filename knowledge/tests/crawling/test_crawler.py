import time

import pytest

from knowledge.crawling import CrawlSettings, CrawlSummary
from knowledge.crawling.crawler import crawl
from knowledge.tests.crawling.conftest import TEXT
from supportai.core.tests.web import Page


class TestASite:
    def test_pages_are_found_by_their_links_and_told_with_title_text_and_language(self, run, put):
        put("/", "/a", "b?utm_source=x#part")
        put("/a", "/", "/a#x", "mailto:x@example.com", "javascript:void(0)", "tel:1")
        put("/b", head="<meta http-equiv='content-language' content='de'>")
        made = run()
        assert list(made.pages) == ["/", "/a", "/b"]
        page = made.pages["/a"]
        assert (page.title, page.body, page.language) == ("Page /a", f"{TEXT}Page /a", "en")
        assert made.summary == CrawlSummary(
            is_complete=True,
            reason="",
            seen=frozenset(page.url for page in made.pages.values()),
            requests=made.summary.requests,
        )

    def test_the_scope_is_the_host_and_the_folder_of_the_start(self, run, put, site):
        put(
            "/docs/index.html",
            "a.html",
            "../blog.html",
            "https://other.example/docs/",
            f"http://localhost:{site.port}/docs/b",
        )
        put("/docs/a.html")
        put("/blog.html")
        assert list(run("/docs/index.html").pages) == ["/docs/index.html", "/docs/a.html"]

    def test_patterns_include_and_exclude(self, run, put):
        put("/", "/en/a", "/en/print/a", "/de/a")
        for path in ("/en/a", "/en/print/a", "/de/a"):
            put(path)
        made = run(include=("/", "/en/*"), exclude=("*/print/*",))
        assert list(made.pages) == ["/", "/en/a"]
        assert made.summary.is_complete

    def test_depth_is_limited(self, run, put):
        put("/", "/1")
        put("/1", "/2")
        put("/2", "/3")
        made = run(max_depth=1)
        assert list(made.pages) == ["/", "/1"]
        assert made.summary.is_complete

    def test_the_page_limit_says_that_there_is_more(self, run, put):
        put("/", *(f"/p{number}" for number in range(9)))
        for number in range(9):
            put(f"/p{number}")
        made = run(max_pages=4)
        assert len(made.pages) == 4
        assert not made.summary.is_complete
        assert "limit of 4 pages" in made.summary.reason

    def test_bytes_and_time_are_limited(self, run, put):
        put("/", "/a", "/b", text="long " * 5_000)
        put("/a", text="other " * 5_000)
        put("/b")
        assert "limit of 0 MB" in run(max_total_bytes=30_000).summary.reason
        assert "minutes was reached" in run(max_seconds=-1.0).summary.reason

    def test_a_page_that_is_too_large_fails_and_the_rest_is_read(self, run, put):
        put("/", "/big", "/a")
        put("/big", text="big " * 30_000)
        put("/a")
        made = run(max_page_bytes=50_000)
        assert list(made.pages) == ["/", "/a"]
        assert made.reason("/big") == "It is larger than 0.05 MB."
        assert made.seen == ["/", "/a", "/big"]

    def test_one_page_under_several_spellings_is_read_once(self, run, put, site):
        put(
            "/",
            "/a/",
            "/a",
            "/a/index.html",
            "/a/?utm_medium=y",
            "/a/;jsessionid=12",
            f"{site.url.upper()}/a/#z",
            "/x/../a/",
        )
        put("/a/")
        assert list(run().pages) == ["/", "/a/"]
        assert site.paths.count("/a/") == 1

    def test_what_is_no_page_is_not_asked_for_and_a_document_is_named(self, run, put, site):
        put("/", "/x.png", "/x.css", "/x.zip", "/manual.pdf", "/download")
        site.pages["/download"] = Page(b"%PDF-1.7", headers={"Content-Type": "application/pdf"})
        made = run()
        assert "Upload it as a file" in made.reason("/manual.pdf")
        assert "application/pdf" in made.reason("/download")
        assert not {"/x.png", "/x.css", "/x.zip", "/manual.pdf"} & set(site.paths)
        assert made.summary.is_complete

    def test_the_same_text_at_another_address_is_left_out(self, run, put):
        put("/", "/a", "/b")
        put("/a", title="Same")
        put("/b", title="Same")
        made = run()
        assert list(made.pages) == ["/", "/a"]
        assert made.reason("/b").endswith("says the same as " + made.pages["/a"].url + ".")


class TestRobots:
    def test_what_is_disallowed_is_not_asked_for(self, run, put, site):
        site.pages["/robots.txt"] = Page("User-agent: *\nDisallow: /\n\nUser-agent: supportai\nDisallow: /private\n")
        put("/", "/private/a", "/b")
        put("/b")
        made = run()
        assert list(made.pages) == ["/", "/b"]
        assert "robots.txt" in made.reason("/private/a")
        assert "/private/a" not in site.paths
        assert site.paths[0] == "/robots.txt"

    def test_a_start_that_is_disallowed_is_said(self, run, put, site):
        site.pages["/robots.txt"] = Page("User-agent: *\nDisallow: /\n")
        put("/")
        made = run()
        assert made.told == []
        assert "robots.txt of this site asks crawlers not to read" in made.summary.reason
        assert site.paths == ["/robots.txt"]

    @pytest.mark.parametrize("status", [500, 503, 429])
    def test_robots_that_fail_mean_not_now(self, run, put, site, status):
        site.pages["/robots.txt"] = Page("", status)
        put("/")
        made = run()
        assert (made.told, made.summary.is_complete) == ([], False)
        assert f"({status})" in made.summary.reason
        assert site.paths == ["/robots.txt"]

    @pytest.mark.parametrize("status", [404, 403, 410])
    def test_no_robots_mean_everything_may_be_read(self, run, put, site, status):
        site.pages["/robots.txt"] = Page("", status)
        put("/")
        assert list(run().pages) == ["/"]

    @pytest.mark.parametrize(
        ("head", "headers", "is_kept", "is_followed"),
        [
            ("<meta name=ROBOTS content='NoIndex'>", {}, False, True),
            ("<meta name=robots content='nofollow'>", {}, True, False),
            ("<meta name=robots content=none>", {}, False, False),
            ("<meta name=supportai content=noindex>", {}, False, True),
            ("<meta name=googlebot content=noindex>", {}, True, True),
            ("", {"X_Robots_Tag": "noindex, nofollow"}, False, False),
            ("", {"X_Robots_Tag": "googlebot: noindex"}, True, True),
            ("", {"X_Robots_Tag": "googlebot: nofollow, supportai: noindex"}, False, True),
        ],
    )
    def test_directives_of_pages_are_obeyed(self, run, put, head, headers, is_kept, is_followed):
        put("/", "/a")
        put("/a", "/b", head=head, **headers)
        put("/b")
        pages = run().pages
        assert ("/a" in pages, "/b" in pages) == (is_kept, is_followed)

    def test_a_link_that_asks_not_to_be_followed_is_not(self, run, site, put):
        site.html("/", f"<h1>Start</h1><p>{TEXT}</p><a rel='nofollow' href='/a'>a</a>")
        put("/a")
        assert list(run().pages) == ["/"]


class TestPace:
    def test_requests_are_apart_by_our_delay(self, run, put):
        put("/", "/a", "/b")
        put("/a")
        put("/b")
        made = run(delay_seconds=1.0)
        assert len(made.slept) == made.summary.requests - 1
        assert all(0.5 < pause <= 1.0 for pause in made.slept)

    @pytest.mark.parametrize(("asked", "least", "most"), [(3, 2.5, 3.0), (900, 9.5, 10.0), (0.1, 0.5, 1.0)])
    def test_a_sites_own_delay_is_obeyed_up_to_a_limit(self, run, put, site, asked, least, most):
        site.pages["/robots.txt"] = Page(f"User-agent: *\nCrawl-delay: {asked}\n")
        put("/", "/a")
        put("/a")
        pauses = run(delay_seconds=1.0).slept[1:]
        assert pauses
        assert all(least < pause <= most for pause in pauses)

    def test_real_pauses_are_slept(self, site, put):
        put("/", "/a")
        put("/a")
        began = time.monotonic()
        list(crawl(CrawlSettings(address=f"{site.url}/", delay_seconds=0.15), {}))
        assert time.monotonic() - began > 0.4

    def test_a_busy_site_is_asked_again_after_the_time_it_names(self, run, put, site):
        answers = [Page("", 503, {"Retry-After": "7"})]
        put("/", "/a")
        put("/a")
        good = site.pages["/a"]
        site.pages["/a"] = lambda asked: answers.pop() if answers else good
        made = run()
        assert list(made.pages) == ["/", "/a"]
        assert 7 in made.slept

    def test_a_site_that_wants_to_be_left_alone_is(self, run, put, site):
        put("/", "/a", "/b")
        site.pages["/a"] = Page("", 503, {"Retry-After": "86400"})
        made = run()
        assert "left alone for 86,400 seconds" in made.summary.reason
        assert "/b" not in site.paths
        put("/", "/c")
        site.pages["/c"] = Page("", 429)
        assert "asked too often" in run().summary.reason

    def test_many_failures_in_a_row_end_the_crawl(self, run, put, site):
        put("/", *(f"/p{number}" for number in range(20)))
        for number in range(20):
            site.pages[f"/p{number}"] = Page("", 500)
        made = run()
        assert "6 failures in a row" in made.summary.reason
        assert not made.summary.is_complete


def test_whoever_reads_may_stop_at_any_time(site, put):
    put("/", "/a")
    put("/a")
    events = crawl(CrawlSettings(address=f"{site.url}/", delay_seconds=0.0), {})
    assert next(events).url == f"{site.url}/"
    events.close()
    assert "/a" not in site.paths
