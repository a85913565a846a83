import time

import pytest

from knowledge.crawling import CrawlSettings, CrawlSummary, KnownPage
from knowledge.crawling.crawler import NOWHERE, crawl
from knowledge.tests.crawling.conftest import TEXT
from supportai.core.tests.web import Page, serving


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


class TestSitemaps:
    def test_the_pages_of_a_sitemap_are_read_and_no_links_followed(self, run, put, site):
        site.pages["/maps/sitemap.xml"] = Page(urlset(site, "/a", "/b"), headers={"Content-Type": "application/xml"})
        put("/a", "/c")
        put("/b")
        put("/c")
        made = run("/maps/sitemap.xml")
        assert list(made.pages) == ["/a", "/b"]
        assert made.summary.is_complete

    def test_lists_of_packed_sitemaps_are_read(self, run, put, site):
        site.pages["/sitemap.xml"] = Page(index(site, "/one.xml.gz", "/two.xml"), headers={"Content-Type": "text/xml"})
        import gzip

        packed = gzip.compress(urlset(site, "/a").encode())
        site.pages["/one.xml.gz"] = Page(packed, headers={"Content-Type": "application/gzip"})
        site.pages["/two.xml"] = Page(
            urlset(site, "/b", "https://other.example/x"), headers={"Content-Type": "text/xml"}
        )
        put("/a")
        put("/b")
        assert list(run("/sitemap.xml").pages) == ["/a", "/b"]

    def test_a_sitemap_that_lists_itself_ends(self, run, put, site):
        site.pages["/sitemap.xml"] = Page(
            index(site, "/sitemap.xml", "/two.xml", "/two.xml"), headers={"Content-Type": "text/xml"}
        )
        site.pages["/two.xml"] = Page(urlset(site, "/a"), headers={"Content-Type": "text/xml"})
        put("/a")
        assert list(run("/sitemap.xml").pages) == ["/a"]
        assert site.paths.count("/two.xml") == 1

    def test_a_part_that_cannot_be_read_makes_the_crawl_incomplete(self, run, put, site):
        site.pages["/sitemap.xml"] = Page(index(site, "/one.xml", "/two.xml"), headers={"Content-Type": "text/xml"})
        site.pages["/one.xml"] = Page(urlset(site, "/a"), headers={"Content-Type": "text/xml"})
        put("/a")
        made = run("/sitemap.xml")
        assert list(made.pages) == ["/a"]
        assert (made.summary.is_complete, "two.xml could not be read (404)" in made.summary.reason) == (False, True)

    @pytest.mark.parametrize(
        "body",
        [
            "<urlset><url><loc>http://x</loc>",
            '<!DOCTYPE x [<!ENTITY a "aaaa">]><urlset><url><loc>&a;</loc></url></urlset>',
            '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset><url><loc>&a;</loc></url></urlset>',
        ],
    )
    def test_a_broken_or_hostile_sitemap_is_said(self, run, site, body):
        site.pages["/sitemap.xml"] = Page(body, headers={"Content-Type": "text/xml"})
        made = run("/sitemap.xml")
        assert made.told == []
        assert "cannot be read as one" in made.summary.reason

    def test_a_packed_sitemap_that_unpacks_to_too_much_is_said(self, run, site):
        import gzip

        bomb = gzip.compress(b"<urlset>" + b" " * 60_000_000)
        site.pages["/sitemap.xml.gz"] = Page(bomb, headers={"Content-Type": "application/gzip"})
        assert "larger than 50 MB" in run("/sitemap.xml.gz").summary.reason

    def test_an_empty_sitemap_is_said(self, run, site):
        site.pages["/sitemap.xml"] = Page("<urlset></urlset>", headers={"Content-Type": "text/xml"})
        assert "lists no page of this site" in run("/sitemap.xml").summary.reason

    def test_a_site_is_also_found_by_the_sitemap_that_its_robots_name(self, run, put, site):
        site.pages["/robots.txt"] = Page(f"Sitemap: {site.url}/map.txt\n")
        site.pages["/map.txt"] = Page(f"{site.url}/alone\n", headers={"Content-Type": "text/plain"})
        put("/")
        put("/alone")
        assert list(run().pages) == ["/", "/alone"]

    def test_a_page_that_left_the_sitemap_does_not_stand(self, run, put, site):
        site.pages["/sitemap.xml"] = Page(urlset(site, "/a", "/b"), headers={"Content-Type": "text/xml"})
        put("/a")
        put("/b")
        known = run("/sitemap.xml").known()
        site.pages["/sitemap.xml"] = Page(urlset(site, "/b"), headers={"Content-Type": "text/xml"})
        made = run("/sitemap.xml", known)
        assert (made.seen, made.summary.is_complete) == (["/b"], True)


def urlset(site, *paths):
    rows = "".join(
        f"<url><loc> {path if '://' in path else site.url + path} </loc><lastmod>2026-01-01</lastmod></url>"
        for path in paths
    )
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'


def index(site, *paths):
    rows = "".join(f"<sitemap><loc>{site.url}{path}</loc></sitemap>" for path in paths)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>'


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


class TestLeadingOn:
    def test_redirects_inside_are_followed_and_told_under_the_last_address(self, run, put, site):
        put("/", "/old", "/slash")
        site.redirect("/old", "/new", 301)
        site.redirect("/slash", "/slash/", 301)
        put("/new")
        put("/slash/")
        assert set(run().pages) == {"/", "/new", "/slash/"}

    def test_a_start_that_moved_moves_the_crawl(self, run, put, site):
        site.redirect("/", "/docs/", 301)
        put("/docs/", "/docs/a", "/blog")
        put("/docs/a")
        put("/blog")
        assert list(run().pages) == ["/docs/", "/docs/a"]

    def test_a_start_that_leads_to_another_site_is_said(self, run, site):
        site.redirect("/", "https://docs.example.com/")
        assert "leads to another site, https://docs.example.com/" in run().summary.reason

    @pytest.mark.parametrize(
        "target", ["http://169.254.169.254/latest/", "http://127.0.0.1:1/", "http://[::1]/", "file:///etc/passwd"]
    )
    def test_no_page_leads_inside(self, run, put, site, target):
        put("/", "/a", target)
        site.redirect("/a", target)
        made = run()
        assert list(made.pages) == ["/"]
        assert "which is not read" in made.reason("/a")
        site.redirect("/", target)
        assert run().told == []

    def test_a_private_start_is_refused_in_words(self, run):
        made = run("http://10.0.0.1/")
        assert made.told == []
        assert "private network" in made.summary.reason
        assert "begins with https" in run("ftp://docs.example.com").summary.reason

    def test_circles_end_in_words(self, run, put, site):
        put("/", "/a", "/self", "/c0")
        site.redirect("/a", "/b")
        site.redirect("/b", "/a")
        site.redirect("/self", "/self")
        for number in range(9):
            site.redirect(f"/c{number}", f"/c{number + 1}")
        made = run()
        assert "circles" in made.reason("/self")
        assert "too often" in made.reason("/c5")
        assert site.paths.count("/a") <= 2

    def test_a_refresh_in_the_page_is_a_redirect(self, run, put, site):
        put("/", "/old", "/news")
        put("/old", head="<meta http-equiv=Refresh content='0; URL=/new'>")
        put("/new")
        put("/news", head="<meta http-equiv=refresh content='300'>")
        assert set(run().pages) == {"/", "/new", "/news"}

    def test_a_canonical_page_stands_for_its_variants(self, run, put):
        put("/", "/a?sort=1", "/a?sort=2", "/a")
        for path in ("/a?sort=1", "/a?sort=2", "/a"):
            put(path, title=f"Variant {path}", head="<link rel=canonical href='/a'>")
        assert list(run().pages) == ["/", "/a"]

    @pytest.mark.parametrize("status", [404, 500])
    def test_a_canonical_page_that_cannot_be_read_loses_nothing(self, run, put, site, status):
        put("/", "/a")
        put("/a", head="<link rel=canonical href='/nowhere'>")
        site.pages["/nowhere"] = Page("", status)
        assert "/a" in run().pages

    def test_pages_that_name_each_other_and_other_sites_are_not_lost(self, run, put):
        put("/", "/a", "/b", "/c")
        put("/a", head="<link rel=canonical href='/b'>")
        put("/b", head="<link rel=canonical href='/a'>")
        put("/c", head="<link rel=canonical href='https://production.example/c'>")
        pages = run().pages
        assert "/c" in pages
        assert {"/a", "/b"} & set(pages)

    def test_the_base_of_a_page_is_where_its_links_start(self, run, put):
        put("/", "a", head="<base href='/deep/'>")
        put("/deep/a")
        assert list(run().pages) == ["/", "/deep/a"]


class TestSigningIn:
    FORM = "<form><input name=user><input type=password></form>"

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_page_behind_a_login_fails_in_words(self, run, put, site, status):
        put("/", "/a")
        site.pages["/a"] = Page("", status)
        made = run()
        assert made.reason("/a") == f"It can only be read after signing in. ({status})"
        assert made.summary.is_complete

    def test_a_redirect_to_a_login_and_a_form_for_a_password_are_logins(self, run, put, site):
        put("/", "/a", "/b")
        site.redirect("/a", "https://id.example.com/login?next=/a")
        site.html("/b", f"<h1>Welcome</h1><p>Please enter your password.</p>{self.FORM}")
        made = run()
        assert made.named("FailedPage") == ["/a", "/b"]
        assert "signing in" in made.reason("/b")

    def test_a_page_about_passwords_with_a_form_on_it_is_read(self, run, put, site):
        put("/", "/b")
        site.html("/b", f"<h1>Passwords</h1><p>{TEXT * 20}</p>{self.FORM}")
        assert "/b" in run().pages

    @pytest.mark.parametrize("wall", [Page("", 401), Page("", 403), Page("", 302, {"Location": "/users/sign_in"})])
    def test_a_site_behind_a_login_is_said_and_removes_nothing(self, run, put, site, wall):
        put("/")
        known = run().known()
        site.pages["/"] = wall
        made = run("/", known)
        assert not made.summary.is_complete
        assert "sign" in made.summary.reason


class TestBadPages:
    def test_a_page_that_says_ok_and_not_found_is_gone(self, run, put, site):
        put("/", "/a", "/b")
        put("/a")
        put("/b")
        known = run().known()
        site.html("/a", "<h1>Page not found</h1><p>Sorry, we moved some things.</p>")
        site.html("/b", "<h1>Hoppla</h1><p>Hier ist nichts mehr, bitte suchen Sie weiter.</p>")
        site.pages[f"/{NOWHERE}"] = site.pages["/b"]
        assert run("/", known).named("GonePage") == ["/a", "/b"]

    def test_a_site_that_sends_missing_pages_home_has_lost_them(self, run, put, site):
        put("/", "/a")
        put("/a")
        known = run().known()
        site.redirect("/a", "/")
        site.redirect(f"/{NOWHERE}", "/")
        assert run("/", known).named("GonePage") == ["/a"]

    def test_an_article_about_404_is_kept(self, run, put):
        put("/", "/a")
        put("/a", title="What a 404 means", text=TEXT * 20)
        assert "/a" in run().pages

    def test_a_page_that_needs_its_scripts_is_said(self, run, put, site):
        put("/", "/app", "/empty")
        site.html("/app", "<div id=root></div><script src=/app.js></script>")
        site.html("/empty", "")
        made = run()
        assert "without running its scripts" in made.reason("/app")
        assert made.reason("/empty") == "It holds no text."

    def test_a_site_of_scripts_only_says_so_and_removes_nothing(self, run, site):
        site.html("/", "<div id=root></div><script></script>")
        made = run()
        assert "scripts" in made.summary.reason
        assert not made.summary.is_complete

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            ("<h1>Größe ändern</h1><p>".encode("cp1252"), "text/html; charset=iso-8859-1"),
            ("<h1>Größe ändern</h1><p>".encode("cp1252"), "text/html; charset=utf-8"),
            ("<meta charset=windows-1252><h1>Größe ändern</h1><p>".encode("cp1252"), "text/html"),
            ("<h1>Größe ändern</h1><p>".encode(), "text/html; charset=iso-8859-1"),
            ("<h1>Größe ändern</h1><p>".encode(), "text/html; charset=no-such-thing"),
            ("<h1>Größe ändern</h1><p>".encode("utf-16"), "text/html"),
        ],
    )
    def test_encodings_are_found_whatever_is_said_of_them(self, run, put, site, body, content_type):
        put("/", "/a")
        text = (
            "Wählen Sie die Größe für Ihre Übersicht und drücken Sie auf Speichern, dann schließt sich das Menü. " * 3
        )
        encoding = "utf-16" if body.startswith(b"\xff") else "utf-8" if "Größe".encode() in body else "cp1252"
        rest = text.encode("utf-16-le") if encoding == "utf-16" else text.encode(encoding)
        site.pages["/a"] = Page(body + rest, headers={"Content-Type": content_type})
        assert run().pages["/a"].title == "Größe ändern"

    def test_bytes_that_are_no_text_are_said(self, run, put, site):
        put("/", "/a")
        site.pages["/a"] = Page(b"\x89\x00\xff\xfe\x00" * 200, headers={"Content-Type": "text/html"})
        assert "characters cannot be read" in run().reason("/a")

    def test_a_server_that_breaks_off_is_asked_once_more(self, run, put, site):
        put("/", "/a", "/b")
        site.pages["/a"] = Page(headers={"Content-Length": "100"}, raw=lambda wire: wire.write(b"short"))
        put("/b")
        made = run()
        assert made.named("FailedPage") == ["/a"]
        assert "/b" in made.pages

    def test_nobody_there_is_said(self, run, settings):
        with serving() as gone:
            settings.OUTBOUND_ALLOWED = [f"127.0.0.1:{gone.port}"]
            address = f"{gone.url}/"
        made = run(address)
        assert "does not take connections" in made.summary.reason


class TestTraps:
    def test_a_calendar_without_end_is_left(self, run, site):
        def month(asked):
            number = int(asked.path.rpartition("/")[2]) + 1
            year, of_year = 2020 + number // 12, number % 12 + 1
            html = f"<h1>Month {number}</h1><p>{TEXT}{number}</p><a href='/cal/{year}/{of_year:02}/{number}'>next</a>"
            return Page(html, headers={"Content-Type": "text/html"})

        class Months(dict):
            def get(self, path, default=None):
                return month if path.startswith("/cal/") else super().get(path, default)

        site.pages = Months(site.pages)
        site.html("/", f"<h1>Start</h1><p>{TEXT}</p><a href='/cal/2020/01/0'>calendar</a>")
        made = run(max_depth=1_000)
        assert len(made.pages) == 41
        assert "as in a calendar" in made.told[-1].reason
        assert made.summary.is_complete

    def test_folders_inside_themselves_are_left(self, run, site):
        class Nested(dict):
            def get(self, path, default=None):
                if not path.endswith("/x/"):
                    return super().get(path, default)
                return Page(
                    f"<h1>{path}</h1><p>{TEXT}</p><a href='x/'>deeper</a>", headers={"Content-Type": "text/html"}
                )

        site.pages = Nested(site.pages)
        site.html("/", f"<h1>Start</h1><p>{TEXT}</p><a href='/x/'>x</a>")
        made = run(max_depth=1_000)
        assert len(made.pages) == 4
        assert "repeats itself" in made.told[-1].reason

    def test_a_maze_of_pages_that_are_not_kept_ends(self, run, site):
        class Maze(dict):
            def get(self, path, default=None):
                if not path.startswith("/m"):
                    return super().get(path, default)
                number = int(path[2:])
                html = f"<meta name=robots content=noindex><a href='/m{number + 1}'>on</a>{TEXT}"
                return Page(html, headers={"Content-Type": "text/html"})

        site.pages = Maze(site.pages)
        site.html("/", f"<h1>Start</h1><p>{TEXT}</p><a href='/m1'>m</a>")
        made = run(max_depth=10_000, max_pages=5)
        assert "most of them no new pages" in made.summary.reason


def test_whoever_reads_may_stop_at_any_time(site, put):
    put("/", "/a")
    put("/a")
    events = crawl(CrawlSettings(address=f"{site.url}/", delay_seconds=0.0), {})
    assert next(events).url == f"{site.url}/"
    events.close()
    assert "/a" not in site.paths
