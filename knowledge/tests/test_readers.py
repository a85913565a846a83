import pytest

from knowledge.documents import ImportedDocument, ImportFailure
from knowledge.html_text import html_to_markdown
from knowledge.readers import find_files, first_words, read_documents


@pytest.fixture
def read(tmp_path):
    def read(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read_documents(path, tmp_path))

    return read


def test_markdown_takes_its_title_from_the_first_heading(read):
    [document] = read("a/export.md", "# Export your data\n\nOpen **Reports**.\n")
    assert (document.external_id, document.title, document.body) == (
        "a/export.md",
        "Export your data",
        "Open **Reports**.",
    )


def test_front_matter_gives_title_slug_and_section(read):
    [document] = read(
        "x.md", "---\ntitle: 'Export'\nslug: Export Data\nsection: Reports\nlang: de\ntags:\n  - a\n---\nText.\n"
    )
    assert (document.title, document.slug, document.product, document.language) == (
        "Export",
        "export-data",
        "Reports",
        "de",
    )
    assert document.body == "Text."


def test_an_underlined_heading_is_a_title_too(read):
    assert read("x.md", "Export\n======\n\nText.")[0].title == "Export"


def test_a_file_without_heading_is_named_after_its_file(read):
    assert read("how-to_export.md", "Open Reports.")[0].title == "How to export"
    assert read("plain_text.txt", "Open Reports.")[0].title == "Plain text"


def test_a_text_file_may_begin_with_its_title(read):
    [document] = read("x.txt", "Export your data\n\nOpen Reports.\n")
    assert (document.title, document.body) == ("Export your data", "Open Reports.")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no text"),
        (b" \n\n ", "no text"),
        (b"\xff\xfa\x00bad", "not UTF-8"),
        (b"caf\xe9 au lait", "not UTF-8 text (byte 3)"),
        (b"a\x00b", "binary"),
        (b"# Only a title\n", "no text"),
        (b"x" * 10_000_001, "10 MB"),
    ],
)
def test_a_bad_file_is_named_with_its_reason(read, content, reason):
    [failure] = read("bad.md", content)
    assert isinstance(failure, ImportFailure)
    assert failure.document == "bad.md"
    assert reason in failure.reason


def test_utf16_and_byte_order_marks_are_read(read):
    assert read("a.md", "Grüße".encode("utf-16"))[0].body == "Grüße"
    assert read("b.md", "﻿Grüße".encode())[0].body == "Grüße"


def test_json_lines_are_documents(read):
    documents = read(
        "faq.jsonl", '{"id": 1, "title": "A", "text": "x\\u2028y"}\n\n{"id": "b", "text": "Only text here."}\n'
    )
    assert [(d.external_id, d.title, d.body) for d in documents] == [
        ("1", "A", "x\u2028y"),
        ("b", "Only text here.", "Only text here."),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{broken", "not valid JSON (column 2)"),
        ("[1, 2]", "Not a JSON object"),
        ('{"title": "x"}', "id and text are missing"),
        ('{"id": "1", "text": " "}', "text is missing"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_read(read, line, reason):
    failure, good = read("faq.jsonl", line + '\n{"id": "2", "text": "fine"}\n')
    assert failure.document == "faq.jsonl, line 1"
    assert reason in failure.reason
    assert isinstance(good, ImportedDocument)


def test_an_id_that_comes_twice_is_refused_the_second_time(read):
    _first, second = read("faq.jsonl", '{"id": "1", "text": "a"}\n{"id": "1", "text": "b"}\n')
    assert "used before" in second.reason


def test_folders_are_searched_without_hidden_files(tmp_path):
    for name in ("b.md", "a/x.HTML", ".git/c.md", "d.png", ".hidden.md", "e.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert [path.name for path in find_files(tmp_path)] == ["x.HTML", "b.md", "e.jsonl"]


def test_a_long_first_line_is_cut_at_a_word():
    assert first_words("word " * 50).endswith("word …")


HTML = """<!doctype html><html><head><title>Help | Fernway</title><style>p{}</style></head><body>
<nav><a href="/">Home</a></nav><script>alert(1)</script>
<main><h1>Export <em>your</em> data</h1><p>Open <b>Reports</b> and
choose <a href="https://x.example/a">Export</a>.</p>
<ol><li>Open it<ul><li>inner</li></ul></li><li>Save</li></ol>
<table><tr><th>Plan</th><th>Price</th></tr><tr><td>Free</td><td>$0</td></tr></table>
<pre><code>ls  -l</code></pre><p>Line<br>break &amp; more</p></main><footer>Imprint</footer></body></html>"""


def test_html_becomes_markdown_without_navigation_and_scripts():
    title, body = html_to_markdown(HTML)
    assert title == "Export *your* data"
    for gone in ("Home", "alert", "Imprint", "p{}"):
        assert gone not in body
    for kept in (
        "Open **Reports** and choose [Export](https://x.example/a).",
        "1. Open it",
        "   - inner",
        "2. Save",
        "| Plan | Price |",
        "| --- | --- |",
        "| Free | $0 |",
        "ls  -l",
        "& more",
    ):
        assert kept in body


def test_html_files_are_imported_with_their_heading_as_title(read):
    [document] = read("x.html", HTML)
    assert document.title.startswith("Export")
    assert not document.body.startswith("#")


@pytest.mark.parametrize(
    "html", ["<p>a<b>c", "</div></p>x", "<a>no address</a>", "<li>alone", "<td>cell", "&nbsp;<", "<ul></ul>"]
)
def test_broken_html_is_read_as_well_as_it_can_be(html):
    title, body = html_to_markdown(html)
    assert title == ""
    assert isinstance(body, str)
