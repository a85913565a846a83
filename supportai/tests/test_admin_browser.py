"""The admin in a real browser: its scripts run under its policy, dialogs post, errors are shown where they are."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Brand
from accounts.tests.factories import PASSWORD, BrandFactory, UserFactory
from supportai.tests.browser import chromium
from supportai.tests.live import LiveServer
from tickets.models import Procedure, ProcedureStep
from tickets.tests.factories import IntentFactory, ProcedureFactory, ProcedureStepFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def server(transactional_db) -> Iterator[LiveServer]:
    server = LiveServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def procedure(server) -> Procedure:
    """A procedure of two steps, with somebody who may change it."""
    UserFactory(email="ada@fernway.example", role="admin")
    BrandFactory(name="Fernway")
    intent = IntentFactory(name="Charged twice", examples="one\ntwo\nthree\nfour\nfive")
    procedure = ProcedureFactory(intent=intent)
    ProcedureStepFactory(procedure=procedure, key="charges", position=0)
    ProcedureStepFactory(procedure=procedure, key="done", position=1, kind=ProcedureStep.Kind.SAY, text="Done.")
    return procedure


def sign_in(page: Page, url: str) -> list[str]:
    """Sign in to the admin; the list fills with what the browser complains about."""
    complaints: list[str] = []
    page.goto(f"{url}/admin/login/?next=/admin/")
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.locator("[name=username]").fill("ada@fernway.example")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[type=submit]").first.click()
    expect(page.get_by_role("heading", name="Configuration")).to_be_visible()
    return complaints


def edit_and_save(page: Page, url: str) -> None:
    """Break a step, read why it is refused, mend it."""
    page.goto(url)
    page.get_by_text("Say and end: done").click()
    page.locator("[name=steps-1-condition]").fill("size(pairs == ")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("At character")).to_be_visible()
    page.locator("[name=steps-1-condition]").fill("size(charges) == 0")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()


def add_a_step(page: Page, url: str) -> None:
    """Add a step, which is open at once and says that a name is unknown."""
    page.goto(url)
    page.get_by_text("Add another step").click()
    text = page.locator("[name=steps-2-text]")
    expect(text).to_be_visible()
    page.locator("[name=steps-2-kind]").select_option("say")
    page.locator("[name=steps-2-key]").fill("bye")
    text.fill("Goodbye {{ contac.name }}")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("did you mean contact?")).to_be_visible()


def make_key(page: Page, url: str) -> str:
    """Rotate a brand's key in the dialog and read the one that is shown once."""
    page.goto(url)
    page.get_by_text("New signing key").first.click()
    page.get_by_role("button", name="Make a new key").click()
    shown = page.get_by_text("shown only now")
    expect(shown).to_be_visible()
    found = re.search(r"now: (\S+)", shown.inner_text())
    assert found
    return found.group(1)


def test_staff_configure_without_a_complaint_of_the_browser(server, procedure):
    brand = Brand.objects.get()
    admin = f"{server.url}/admin"
    with chromium() as browser:
        page = browser.new_page()
        complaints = sign_in(page, server.url)
        edit_and_save(page, f"{admin}/tickets/procedure/{procedure.pk}/change/")
        add_a_step(page, f"{admin}/tickets/procedure/{procedure.pk}/change/")
        key = make_key(page, f"{admin}/accounts/brand/{brand.pk}/change/")
        for path in ("accounts/user/", "accounts/user/add/", "tickets/agentconfiguration/", "supportai/outboxevent/"):
            page.goto(f"{admin}/{path}")
            page.wait_for_load_state("networkidle")
    assert complaints == []
    assert procedure.steps.get(key="done").condition == "size(charges) == 0"
    brand.refresh_from_db()
    assert brand.signing_key == key
