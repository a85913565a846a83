import time
from datetime import timedelta

import pytest

from supportai.core import clock
from tickets.templatetags.conversation import ago, cents, duration, elapsed, marked_up, plain, remaining, said
from tickets.tests.factories import AgentMessageFactory, CitationFactory, MessageFactory
from tickets.views.words import in_seconds


def test_typed_text_keeps_its_lines_and_loses_its_markup():
    assert plain("Hello <b>\nthere\n\n**bye**") == "<p>Hello &lt;b&gt;<br>there</p><p>**bye**</p>"


def test_an_answer_has_lists_emphasis_and_code():
    text = "Do this:\n1. Open **Settings**.\n2. Choose *Members* or `roles`.\n\n- one\n- two\nafter"
    assert marked_up(text) == (
        "<p>Do this:</p>"
        '<ol><li value="1">Open <strong>Settings</strong>.</li>'
        '<li value="2">Choose <em>Members</em> or <code>roles</code>.</li></ol>'
        "<ul><li>one</li><li>two</li></ul><p>after</p>"
    )


def test_code_keeps_its_lines_inside_an_entry_and_outside():
    text = (
        "1. Run <it>:\n   ```sh\n   a <x>\n\n     b\n   ```\n   Then wait.\n2. Open.\n\n```\ntop\n\n  low\n```\n\nDone."
    )
    assert marked_up(text) == (
        '<ol><li value="1">Run &lt;it&gt;:<pre><code>a &lt;x&gt;\n\n  b</code></pre>Then wait.</li>'
        '<li value="2">Open.</li></ol><pre><code>top\n\n  low</code></pre><p>Done.</p>'
    )


@pytest.mark.parametrize(
    "text", ["- ```\n  <b>\n  ```", "```\n<b>", "1. x\n   ```\n   <b>\n   ```\n   [1]", "\0" + "0\0<b>"]
)
def test_code_is_escaped_wherever_it_stands(text):
    html = marked_up(text)
    assert "&lt;b&gt;" in html
    assert "\0" not in html


def test_numbers_go_on_after_a_break():
    assert '<li value="3">' in marked_up("3. third")


@pytest.mark.parametrize("text", ["<script>x</script>", "**<img src=x onerror=y>**", "1. <svg/onload=z>", "[1]<b>"])
def test_no_text_of_the_agent_becomes_markup(text):
    html = marked_up(text)
    assert "<script" not in html
    assert "<img" not in html
    assert "<svg" not in html
    assert "<b>" not in html


def test_stars_in_sums_are_no_emphasis():
    assert "<em>" not in marked_up("2 * 3 * 4")


@pytest.mark.django_db
def test_marks_link_to_the_sources_that_exist():
    message = AgentMessageFactory(body="So it is. [1] And so [2].")
    CitationFactory(message=message, number=1, title='A "quoted" title')
    html = said(message)
    anchor = f"#message-{message.sequence}-source-1"
    assert f'<a class="cite" href="{anchor}" aria-label="Source 1: A &quot;quoted&quot; title">1</a>' in html
    assert "[2]" in html


@pytest.mark.django_db
def test_a_customer_cannot_write_marks():
    assert "cite" not in said(MessageFactory(body="As you said [1]"))


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=8), "8 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=1, minutes=5), "1 h 05"),
        (timedelta(hours=25), "1 day"),
        (timedelta(days=3), "3 days"),
    ],
)
def test_lengths_of_time_are_short_words(length, words):
    assert duration(length) == words


def test_times_are_told_against_the_clock():
    now = clock.now()
    assert elapsed(None) == ""
    assert ago(now) == "just now"
    assert ago(now - timedelta(minutes=9)) == "9 min ago"
    assert remaining(now + timedelta(minutes=12, seconds=30)) == "12 min"
    assert remaining(now - timedelta(minutes=1)) == "0 min"


@pytest.mark.parametrize(("value", "words"), [(0.42, "0.4 s"), (12.2, "12 s"), (292, "4 min 52 s")])
def test_seconds_are_rounded_to_what_matters(value, words):
    assert in_seconds(value) == words


def test_money_is_written_with_its_sign():
    assert cents(24900) == "$249.00"
    assert cents(5400, "jpy") == "¥5,400"
    assert cents(None) == ""


@pytest.mark.parametrize("piece", ["**a ", "*a ", "`a", "**", "[1"])
def test_a_text_made_to_be_slow_takes_time_in_proportion_to_its_length(piece):
    began = time.process_time()
    marked_up(piece * 25_000)
    assert time.process_time() - began < 2


@pytest.mark.django_db
def test_a_title_that_looks_like_a_place_of_code_is_only_a_title():
    citation = CitationFactory.build(number=1, title="a\0" + "7\0")
    assert "Source 1: a7" in marked_up("So [1].", [citation], anchor="m")
