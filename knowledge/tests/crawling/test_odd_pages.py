import pytest

from knowledge.crawling.crawler import NOWHERE
from knowledge.tests.crawling.conftest import TEXT
from supportai.core.tests.web import Page, serving


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
