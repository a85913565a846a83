import pytest

from supportai.core.tests.web import Page


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
