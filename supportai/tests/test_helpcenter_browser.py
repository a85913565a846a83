"""The help center and the article editor in a real browser: typing, keys, votes, a phone, preview, revisions."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from accounts.tests.factories import PASSWORD, BrandFactory, UserFactory
from knowledge.models import Article, ArticleFeedback
from knowledge.services import articles, ingestion
from knowledge.tests.factories import publish_text
from supportai.core.actors import SYSTEM
from supportai.tests.browser import FIRST_ANSWER, SECONDS, chromium
from supportai.tests.live import LiveServer, in_thread

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REFUND = """We start refunds on the day they are decided. Banks need 5 to 10 business days until the money shows.

## Which way the money goes

Refunds always go to the card that paid.

| Card | Days that a bank of this kind needs at the most | What the statement calls it |
|---|---|---|
| Debit | 5 | FERNWAY-REFUND-WITH-A-VERY-LONG-NAME-THAT-NEVER-BREAKS |

## What can go wrong

```
curl https://api.fernway.example/v1/refunds/re_1?expand=charge,customer,invoice,subscription,balance_transaction
```
"""
NO_OVERFLOW = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture
def server(transactional_db, store) -> Iterator[LiveServer]:
    """The help center of Fernway with three public pages and one for staff, all of them indexed."""
    BrandFactory(name="Fernway", slug="fernway")
    UserFactory(email="ada@fernway.example", name="Ada Admin", role="admin")
    publish_text("How long a refund takes", REFUND, slug="refunds", product="Billing")
    publish_text("Refunds for hardware", "A time clock is refunded within 30 days.", slug="hardware", product="Billing")
    publish_text("Invite a colleague", "Open **Team** and choose Invite.", slug="invite", product="Team")
    publish_text("Refund rules for agents", "Agents refund up to 100 dollars.", slug="rules", audience="staff")
    ingestion.index_waiting()
    server = LiveServer()
    server.start()
    yield server
    server.stop()


def listen(page: Page) -> list[str]:
    """Collect what the browser complains about, such as its policy."""
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def search_with_keys(page: Page, url: str) -> None:
    """Type, go down to a result and back, and open one, without a mouse."""
    page.goto(f"{url}/help/")
    page.keyboard.press("/")
    field = page.get_by_role("searchbox")
    expect(field).to_be_focused()
    field.press_sequentially("how long does a refund take", delay=15)
    hits = page.locator("[data-hit]")
    expect(hits.first).to_have_text("How long a refund takes", timeout=FIRST_ANSWER)
    expect(page.get_by_text("Short answer, put together by the AI agent")).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("found")
    assert page.url == f"{url}/help/"
    page.keyboard.press("ArrowDown")
    expect(hits.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(hits).to_have_count(0)
    field.press_sequentially("?")
    expect(hits.first).to_be_visible(timeout=15 * SECONDS)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="How long a refund takes")).to_be_visible()


def ask_us(page: Page, url: str) -> None:
    """Search what no page answers, and find the question in the widget."""
    page.goto(f"{url}/help/")
    page.get_by_role("searchbox").fill("what is the weather in Paris today")
    expect(page.get_by_text("No page answers this for sure")).to_be_visible(timeout=15 * SECONDS)
    page.locator(".help-none").get_by_role("button", name="Ask us").click()
    composer = page.get_by_role("dialog").get_by_label("Write a message")
    expect(composer).to_have_value("what is the weather in Paris today", timeout=15 * SECONDS)


def vote(page: Page, url: str) -> None:
    """Say no, and what was missing."""
    page.goto(f"{url}/help/refunds/")
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_label("What was missing?").fill("Which day counts?")
    page.locator("#feedback").get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you, that is passed on.")).to_be_visible()


def test_readers_search_while_typing_ask_and_vote(server):
    with chromium() as browser:
        page = browser.new_page()
        complaints = listen(page)
        search_with_keys(page, server.url)
        ask_us(page, server.url)
        vote(page, server.url)
        given = in_thread(ArticleFeedback.objects.get)
        page.close()
        bare = browser.new_context(java_script_enabled=False).new_page()
        bare.goto(f"{server.url}/help/")
        bare.get_by_role("searchbox").fill("how do I invite a colleague")
        bare.get_by_role("button", name="Search").click()
        expect(bare.locator("[data-hit]").first).to_have_text("Invite a colleague")
        expect(bare.get_by_role("button", name="Ask us").first).to_be_hidden()
    assert complaints == []
    assert (given.is_helpful, given.words) == (False, "Which day counts?")


def test_a_phone_of_360_pixels_shows_every_page_without_scrolling_sideways(server):
    with chromium() as browser:
        page = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True).new_page()
        for path in ("/help/", "/help/refunds/", "/help/topics/billing/", "/help/search?q=refund"):
            page.goto(f"{server.url}{path}")
            assert page.evaluate(NO_OVERFLOW), path
        page.goto(f"{server.url}/help/refunds/")
        contents = page.get_by_role("link", name="What can go wrong", exact=True)
        expect(contents).to_be_hidden()
        page.get_by_role("heading", name="On this page").click()
        contents.click()
        assert page.url.endswith("#what-can-go-wrong")
        assert page.evaluate(NO_OVERFLOW)


def test_a_widget_that_comes_before_the_page_moves_nothing(server):
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{server.url}/help/search")
        before = page.locator(".help-head").bounding_box()
        page.evaluate("document.body.prepend(document.createElement('supportai-early'))")
        assert page.locator(".help-head").bounding_box() == before


def test_a_wide_table_scrolls_in_its_box_and_keeps_its_words_whole(server):
    with chromium() as browser:
        page = browser.new_context(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True).new_page()
        page.goto(f"{server.url}/help/refunds/")
        lines = "cell => { const r = document.createRange(); r.selectNodeContents(cell); return r.getClientRects().length; }"
        assert page.get_by_role("cell", name="Debit").evaluate(lines) == 1
        assert page.evaluate("document.querySelector('.help-text table').clientWidth") <= 360 - 2 * 16
        page.get_by_role("button", name="No", exact=True).tap()
        expect(page.get_by_label("What was missing?")).to_be_visible()


def sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/admin/login/?next=/admin/")
    page.locator("[name=username]").fill("ada@fernway.example")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[type=submit]").first.click()
    expect(page.get_by_role("heading", name="Configuration")).to_be_visible()


def test_an_editor_sees_the_page_while_writing_compares_and_brings_a_text_back(server):
    article = Article.objects.get(slug="invite")
    articles.revise_article(article_id=article.pk, title="Invite a colleague", body="Open **People**.", actor=SYSTEM)
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        complaints = listen(page)
        sign_in(page, server.url)
        page.goto(f"{server.url}/admin/knowledge/article/{article.pk}/change/")
        preview = page.frame_locator("[data-md-page]")
        expect(preview.locator("strong")).to_have_text("People")
        page.get_by_label("Text").fill("## How to\n\n1. Open **Members**.\n\n<script>alert(1)</script>\n")
        expect(preview.get_by_role("heading", name=re.compile("^How to"))).to_be_visible()
        expect(preview.locator("strong")).to_have_text("Members")
        page.get_by_role("button", name="Phone").click()
        assert page.locator("[data-md-page]").evaluate("frame => frame.clientWidth") <= 360
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("was changed successfully")).to_be_visible()
        page.goto(f"{server.url}/admin/knowledge/article/{article.pk}/change/")
        page.get_by_role("link", name="Revision 2", exact=True).click()
        expect(page.locator("[data-diff] del")).to_contain_text(["Team"])
        expect(page.locator("[data-diff] ins")).to_contain_text(["People"])
        page.get_by_role("button", name="Bring revision 2 back").click()
        expect(page.get_by_text("Revision 2 is back as the latest text. Readers see it now.")).to_be_visible()
        page.goto(f"{server.url}/help/invite/")
        expect(page.locator(".help-text strong")).to_have_text("People")
    assert complaints == []
