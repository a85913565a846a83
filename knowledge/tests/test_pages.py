from knowledge.pages import contents_of, make_page, opening_of, page_of, questions_of

FAQ = "## Is it free?\n\nYes, for **one** person.\n\n## Can I pay later?\n\nNo.\n"


def test_each_heading_links_to_itself():
    html = page_of("## Send a bill\n\nText.\n").html
    assert '<h2 id="send-a-bill">Send a bill <a class="help-anchor" href="#send-a-bill"' in html


def test_a_heading_of_the_text_cannot_break_its_link():
    html = make_page('## "><script>alert(1)</script>\n').html
    assert "<script" not in html


def test_contents_are_for_pages_with_several_headings():
    assert contents_of(page_of("## One\n\nText.\n")) == ()
    assert [entry.text for entry in contents_of(page_of("## One\n\n## Two\n"))] == ["One", "Two"]


def test_the_same_text_is_rendered_once_and_a_very_long_one_is_not_kept():
    assert page_of(FAQ) is page_of(FAQ)
    long = "word " * 10_000
    assert page_of(long) is not page_of(long)


def test_the_opening_is_the_first_paragraph_in_plain_words_cut_at_a_word():
    assert opening_of("# Title\n\nOpen **Reports** and\nchoose [Export](https://a.example).\n\nMore.") == (
        "Open Reports and choose Export."
    )
    assert opening_of("word " * 100, length=12) == "word word …"
    assert opening_of("## Only a heading") == ""


def test_a_page_of_answered_questions_is_told_from_others():
    assert [(q.question, q.answer) for q in questions_of(FAQ)] == [
        ("Is it free?", "Yes, for one person."),
        ("Can I pay later?", "No."),
    ]
    assert questions_of("## Is it free?\n\nYes.\n\n## Prices\n\nMany. Which?\n") == ()
    assert questions_of("## Is it free?\n\nYes.\n") == ()
    assert questions_of("## Is it free?\n\n## And now?\n\nYes.\n") == ()
    assert questions_of("Really?\nReally?\n") == ()
