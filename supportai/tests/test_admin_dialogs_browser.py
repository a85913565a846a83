"""Dialogs and uploads of the admin in a real browser, on a desk and on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.tests.factories import UserFactory
from knowledge.models import Article, Source
from knowledge.tests.factories import publish_text
from supportai.tests.browser import chromium
from supportai.tests.live import LiveServer
from supportai.tests.test_admin_browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = ({"width": 1440, "height": 900}, {"width": 390, "height": 844})


@pytest.fixture
def server(transactional_db) -> Iterator[LiveServer]:
    server = LiveServer()
    server.start()
    yield server
    server.stop()


def open_dialog(page: Page) -> None:
    """Find the button behind its menus, which a phone folds into one more."""
    menu = page.get_by_text("Take from readers").locator("visible=true")
    if not menu.count():
        page.get_by_text("more_horiz").locator("visible=true").first.click()
    menu.first.click()
    page.get_by_text("Mark stale").locator("visible=true").first.click()
    expect(page.get_by_role("heading", name="Mark this article as stale?")).to_be_visible()


def is_within(page: Page, name: str) -> bool:
    box = page.get_by_role("button", name=name).bounding_box()
    assert page.viewport_size is not None
    return box is not None and box["x"] >= 0 and box["x"] + box["width"] <= page.viewport_size["width"]


def mark_stale(page: Page, url: str) -> None:
    """Open the question, think better of it, open it again and confirm."""
    page.goto(url)
    open_dialog(page)
    assert is_within(page, "Mark it stale")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("button", name="Mark it stale")).to_be_hidden()
    page.reload()
    open_dialog(page)
    page.get_by_role("button", name="Mark it stale").click()
    expect(page.get_by_text("is stale. Readers and the AI agent have it no more")).to_be_visible()


def upload(page: Page, url: str, name: str, files: list[str]) -> None:
    """Choose too many files, which is told before anything is sent, and then as many as can be taken."""
    page.goto(url)
    page.locator("[name=name]").fill(name)
    page.locator("[name=uploads]").set_input_files(files)
    told = page.get_by_text("You chose 131 files")
    expect(told).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(told).to_be_in_viewport()
    page.evaluate("document.querySelector('#source_form').submit()")
    expect(page.get_by_text("131 files came")).to_be_visible()
    expect(page.locator("[name=name]")).to_have_value(name)
    page.locator("[name=uploads]").set_input_files(files[:2])
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("is being imported").first).to_be_visible()


def test_buttons_ask_and_uploads_say_what_is_too_much(server, tmp_path: Path):
    UserFactory(email="ada@fernway.example", role="admin")
    pages = [publish_text(f"How to export {number}", "Open Reports.") for number in range(2)]
    files = [tmp_path / f"{number}.md" for number in range(131)]
    for file in files:
        file.write_text("# Export\n\nOpen Reports.")
    with chromium() as browser:
        for number, size in enumerate(SIZES):
            page = browser.new_context(viewport=size).new_page()
            complaints = sign_in(page, server.url)
            mark_stale(page, f"{server.url}/admin/knowledge/article/{pages[number].pk}/change/")
            add = f"{server.url}/admin/knowledge/source/add/"
            upload(page, add, f"Handbook {number}", [str(file) for file in files])
            assert complaints == []
    assert set(Article.objects.filter(pk__in=[page.pk for page in pages]).values_list("state", flat=True)) == {"stale"}
    assert [source.files.count() for source in Source.objects.filter(kind="files")] == [2, 2]
