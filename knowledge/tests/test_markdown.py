import pytest

from knowledge.markdown import heading_text, parse_blocks, render, to_plain, trimmed

TEXT = """# Top

Intro with **bold**
on two lines.

1. Open **Settings**
   - inner
2) not the same list

| a | b |
|---|---|
| 1 | 2 |

```sh
ls -l
```
> quoted
"""


def test_blocks_stand_in_the_text_in_order():
    blocks = parse_blocks(TEXT)
    assert [block.kind for block in blocks] == ["heading", "paragraph", "list", "list", "table", "code", "quote"]
    assert TEXT[blocks[1].start : blocks[1].end] == "Intro with **bold**\non two lines."
    assert heading_text(TEXT, blocks[0]) == "Top"


def test_list_entries_leave_their_mark_out():
    block = parse_blocks("Do:\n\n- [ ] one\n- two\n  more\n")[1]
    text = "Do:\n\n- [ ] one\n- two\n  more\n"
    assert [text[item.start : item.end] for item in block.items] == ["one", "two\n  more"]
    assert not block.is_ordered


@pytest.mark.parametrize("text", ["", "\n\n", "   "])
def test_nothing_has_no_blocks(text):
    assert parse_blocks(text) == []


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("Open **Settings** and *save*", "Open Settings and save"),
        ("See [the page](https://a.example/x) now", "See the page now"),
        ("![shot of it](x.png) there", "shot of it there"),
        ("Use `a_b_c` and snake_case_name", "Use a_b_c and snake_case_name"),
        ("5 * 3 * 2 and ~~old~~ new", "5 * 3 * 2 and old new"),
        ("<b>raw</b> &amp; \\*escaped\\*", "raw & *escaped*"),
        ("__strong__ _em_", "strong em"),
        ("See [the page](https://a.example/x_(y)) now", "See the page now"),
        ("***both*** and **a *b* c**", "both and a b c"),
        ("`` a`b ``", "a`b"),
        ("**not **strong** here", "**not strong here"),
        ("&#" + "1" * 5000 + ";", "&#" + "1" * 5000 + ";"),
    ],
)
def test_inline_marks_go_and_words_stay(marked, plain):
    assert to_plain(marked) == plain


def test_trimming_an_empty_span_keeps_it_empty():
    assert trimmed("a   b", 1, 4) == (4, 4)


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](data:text/html;base64,PHNjcmlwdD4=)",
        '<img src=x onerror="alert(1)">',
        "[x](vbscript:x)",
        "<iframe src=https://evil.example></iframe>",
        '[x](https://a.example "onmouseover=alert(1)")',
    ],
)
def test_nothing_in_an_article_runs_in_a_reader_s_browser(attack):
    html = render(attack).html
    assert "<script" not in html
    assert "<iframe" not in html
    assert "<img src=x" not in html
    assert 'href="javascript' not in html
    assert 'href="vbscript' not in html


def test_links_say_that_they_leave():
    assert 'rel="noopener noreferrer"' in render("[a](https://a.example)").html


def test_headings_get_ids_of_their_own_and_a_contents_list():
    page = render("# A\n\n## Steps\n\n### Deep\n\n## Steps\n")
    assert [(entry.anchor, entry.level) for entry in page.toc] == [("a", 2), ("steps", 3), ("steps-2", 3)]
    assert '<h3 id="steps-2">' in page.html


def test_headings_begin_below_the_page_s_title():
    assert "<h1" not in render("# A\n\n## B").html
    assert '<h2 id="b">' in render("### B").html
