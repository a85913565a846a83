"""Model providers in a real browser: added, tested and put in order by an admin who reads what the page says."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from accounts.tests.factories import UserFactory
from integrations.models import ModelProvider
from integrations.tests.factories import ModelProviderFactory
from supportai.tests.browser import chromium
from supportai.tests.live import LiveServer
from supportai.tests.model_server import ModelReply, ModelServer
from supportai.tests.test_admin_browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "/admin/integrations/modelprovider/"
KEY = "sk-typed-by-the-admin-0123456789"


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer(lambda _request: ModelReply("", [("report_ready", {"word": "ready"})])) as running:
        yield running


@pytest.fixture
def server(transactional_db) -> Iterator[LiveServer]:
    server = LiveServer()
    server.start()
    yield server
    server.stop()


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def add(page: Page, url: str, address: str) -> None:
    """Add a provider: first with a mistake, then right."""
    page.goto(f"{url}{LIST}add/")
    page.locator("[name=name]").fill("House model")
    page.locator("[name=kind]").select_option("openai_compatible")
    page.locator("[name=model]").fill("scripted-1")
    page.locator("[name=base_url]").fill("127.0.0.1/v1")
    page.locator("[name=api_key]").fill(KEY)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Begin with http:// or https://")).to_be_visible()
    shot(page, "provider-mistake")
    page.locator("[name=base_url]").fill(address)
    page.locator("[name=api_key]").fill(KEY)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()


def ask_it(page: Page, url: str, pk: int, words: str) -> None:
    """Press the test and read what came of it."""
    page.goto(f"{url}{LIST}{pk}/change/")
    page.get_by_role("link", name="Test connection").or_(
        page.get_by_role("button", name="Test connection")
    ).first.click()
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_text(words)).to_be_visible(timeout=60_000)


def test_an_admin_adds_and_tests_a_model(server, model):
    UserFactory(email="ada@fernway.example", role="admin")
    ModelProviderFactory(name="Spare", position=5)
    with chromium() as browser:
        page = browser.new_page()
        complaints = sign_in(page, server.url)
        add(page, server.url, model.openai_url)
        pk = int(page.get_by_role("link", name="House model").first.get_attribute("href").split("/")[-3])
        ask_it(page, server.url, pk, "answers and calls tools")
        shot(page, "provider-works")
        model.fault = "refused"
        ask_it(page, server.url, pk, "cannot be used: It does not accept the key. (401)")
        shot(page, "provider-fails")
        assert KEY not in page.content()
        page.goto(f"{server.url}{LIST}")
        expect(page.get_by_text("Failed last time")).to_be_visible()
        expect(page.get_by_text("Not asked yet")).to_be_visible()
        shot(page, "provider-list")
        assert complaints == []
    assert list(ModelProvider.objects.values_list("name", flat=True)) == ["House model", "Spare"]
    assert [request.headers["authorization"] for request in model.requests] == [f"Bearer {KEY}"] * 2
