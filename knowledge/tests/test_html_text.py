import time

import pytest

from knowledge.html_text import html_to_markdown


def markdown(body, head="", address=""):
    return html_to_markdown(f"<html><head>{head}</head><body>{body}</body></html>", address=address)


LONG = "Open the settings of your project and choose what you need. " * 8


class TestWhatIsKept:
    def test_the_main_part_is_taken_and_what_stands_around_it_is_not(self):
        _, body = markdown(
            f"<header><a href=/>Acme</a></header><div class='sidebar-left'><ul><li>Guides</ul></div>"
            f"<main><p>{LONG}</p></main><div id='cookie-banner'>We use cookies</div><footer>Imprint</footer>"
        )
        assert body == LONG.strip()

    def test_without_a_main_part_frames_are_told_by_their_names_and_roles(self):
        _, body = markdown(
            f"<div role=navigation>Home</div><div class='page-toc'>Contents</div><div><h1>Export</h1><p>{LONG}</p></div>"
            "<div class='related-articles'>See also</div><form><input><label>Search</label></form>"
        )
        assert body == f"# Export\n\n{LONG.strip()}"

    def test_a_frames_name_around_the_whole_text_takes_nothing_away(self):
        _, body = markdown(f"<div class='has-sidebar'><div class='nav-open'><h1>Export</h1><p>{LONG}</p></div></div>")
        assert LONG.strip() in body

    def test_a_tiny_main_part_is_not_believed(self):
        _, body = markdown(f"<main></main><div><p>{LONG}</p></div>")
        assert body == LONG.strip()

    def test_a_page_inside_a_form_is_a_page(self):
        assert LONG.strip() in markdown(f"<form><p>{LONG}</p></form>")[1]

    def test_notes_beside_a_text_stay_in_it(self):
        assert "Careful" in markdown(f"<main><p>{LONG}</p><aside>Careful</aside></main>")[1]

    def test_a_table_of_contents_goes_and_a_short_list_of_places_stays(self):
        contents = "".join(f"<li><a href='#p{n}'>Part {n}</a>" for n in range(8))
        _, body = markdown(f"<main><ul>{contents}</ul><p>{LONG}</p><ul><li><a href='#a'>equal()</a></ul></main>")
        assert "Part 3" not in body
        assert body.endswith("- equal()")

    def test_hidden_text_is_not_read(self):
        assert "secret" not in markdown(f"<main><p>{LONG}<p hidden>secret<p aria-hidden=true>secret</main>")[1]


class TestTitles:
    @pytest.mark.parametrize(
        ("head", "body", "title"),
        [
            ("<title>Site</title>", "<main><h1>Export data <a href='#x'>¶</a></h1><p>x</main>", "Export data"),
            ("<title>Types - Book</title>", f"<h1>Book</h1><main><h2>Types</h2><p>{LONG}</main>", "Types"),
            ("<title>Export - Acme</title>", f"<header><h1>Export</h1></header><main><p>{LONG}</main>", "Export"),
            ("<title>Export - Acme</title>", f"<header><h1>Acme</h1></header><main><p>{LONG}</main>", "Export - Acme"),
            ("<title> Only \n this </title>", f"<p>{LONG}", "Only this"),
        ],
    )
    def test_the_texts_own_heading_wins_over_the_sites_name(self, head, body, title):
        assert markdown(body, head)[0] == title


class TestMarkdown:
    @pytest.mark.parametrize(
        ("html", "wanted"),
        [
            ("<pre><code class='language-Python'>a = 1\n\n  b</code></pre>", "```python\na = 1\n\n  b\n```"),
            ("<div class='highlight-sh'><pre>ls <b>-l</b></pre></div>", "```sh\nls -l\n```"),
            ("<pre><code>import a</code><code>require a</code></pre>", "```\nimport a\n\nrequire a\n```"),
            ("<pre>```</pre>", "~~~~\n```\n~~~~"),
            ("<ol start=3><li><p>One</p><pre>x</pre><li>Two</ol>", "3. One\n\n   ```\n   x\n   ```\n4. Two"),
            ("<ul><li>a<ul><li>b</ul><ul><li>c</ul></ul>", "- a\n   - b\n   - c"),
            ("<p>a <b> bold </b>x <i></i><code>c`d</code>", "a **bold** x ``c`d``"),
            ("<p>one<br>two<br>", "one  \ntwo"),
            ("<table><tr><td><p>a|b<p>c<td>d<tr><td>e</table>", "| a\\|b c | d |\n| --- | --- |\n| e |  |"),
            ("<table><tr><td><h2>Head</h2><p>Text</table>", "## Head\n\nText"),
            ("<dl><dt>Name<dd>What it is</dl>", "**Name**\n\nWhat it is"),
            ("<blockquote><p>a<p>b</blockquote>", "> a\n>\n> b"),
            ("<h2>Head<a class=x href='#h'>#</a></h2>", "## Head"),
            ("<a href='/a'><div>block</div></a>after", "block\n\nafter"),
            ("text <img alt='a picture'> more", "text a picture more"),
        ],
    )
    def test_structure_is_kept(self, html, wanted):
        assert markdown(f"<div>{html}</div>")[1] == wanted

    def test_links_become_whole_by_the_pages_address(self):
        html = "<p><a href='b(1).html'>B</a> <a href='#x'>here</a> <a href='javascript:x()'>no</a> <a href='http://[x'>bad</a>"
        assert markdown(html, address="https://d.example/a/")[1] == "[B](https://d.example/a/b%281%29.html) here no bad"
        assert markdown("<p><a href='b.html'>B</a>")[1] == "B"


@pytest.mark.parametrize("html", ["", " ", "<!-- -->", "\0", "<?xml version='1.0' encoding='utf-16'?><p>a", "\ud800"])
def test_next_to_nothing_is_read_as_such(html):
    assert html_to_markdown(html)[1] in {"", "a", "?"}


@pytest.mark.parametrize(
    "piece", ["<!--", "<a ", '<a href="', "<p>", "<a b=\"'", "<ul><li>", "<a href=x>y", "<div class=nav>x"]
)
def test_a_hostile_page_takes_time_in_proportion_to_its_length(piece):
    began = time.process_time()
    html_to_markdown(piece * 20_000)
    assert time.process_time() - began < 10


def test_a_heading_of_anchors_only_takes_time_in_proportion():
    began = time.process_time()
    assert html_to_markdown(f"<h1>{'#' * 200_000}x</h1><p>text</p>")
    assert time.process_time() - began < 10


def test_a_table_of_one_wide_row_and_many_narrow_ones_is_not_padded():
    wide, narrow = "<td>a" * 3_000, "<tr><td>b" * 3_000
    text = html_to_markdown(f"<p>Prices</p><table><tr>{wide}</tr>{narrow}</table>")[1]
    assert text.count("b") == 3_000
    assert len(text) < 100_000


def test_a_page_nested_too_deep_does_not_overflow():
    assert "x" in html_to_markdown("<div>" * 5_000 + "x")[1] or html_to_markdown("<div>" * 5_000 + "x")[1] == ""


@pytest.mark.parametrize("tag", ["blockquote", "ul><li"])
def test_quotes_and_lists_inside_one_another_do_not_multiply_the_text(tag):
    html = f"<{tag}>" * 110 + "a<br>" * 10_000
    text = html_to_markdown(html)[1]
    assert text.count("a") == 10_000
    assert len(text) < 60 * 10_000


def test_quotes_that_people_write_keep_their_marks():
    assert html_to_markdown("<blockquote>a<blockquote>b")[1] == "> a\n>\n> > b"
