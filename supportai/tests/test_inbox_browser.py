"""The staff pages in a real browser: keys, live rows and messages, drafts, themes, phones."""

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from accounts.models import User
from accounts.services.staff import ensure_roles
from accounts.tests.factories import UserFactory
from conftest import chromium_path
from supportai.core import clock
from supportai.tests.live import LiveServer, in_thread
from supportai.tests.servers import wait_until
from tickets.models import Message, Ticket
from tickets.services import messages
from tickets.tests.factories import (
    AgentRunFactory,
    AgentStepFactory,
    HandoffFactory,
    MessageFactory,
    PersonTicketFactory,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PASSWORD = "long enough to pass"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    patch = pytest.MonkeyPatch()
    # Playwright's loop lives in this thread, so Django would refuse to clean the database after each test.
    patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        yield browser
        browser.close()
    patch.undo()


@pytest.fixture
def server(transactional_db, monkeypatch) -> Iterator[LiveServer]:
    monkeypatch.setattr("tickets.tasks.work_on_run", lambda run_id: None)
    monkeypatch.setattr("tickets.tasks.learn_from_ticket", lambda ticket_id, episode: None)
    cache.clear()
    server = LiveServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def ines(server) -> User:
    ensure_roles()
    made: User = UserFactory.create(email="ines@fernway.example", name="Ines Moreau", role="lead", password=PASSWORD)
    return made


Opening = Callable[..., Any]


@pytest.fixture
def opening(browser, server, ines) -> Iterator[Opening]:
    """Open pages as Ines; afterwards no script may have failed and no policy may have been broken."""
    contexts: list[Any] = []
    errors: list[str] = []

    def open_page(path: str = "/", *, phone: bool = False, dark: bool = False) -> Any:
        scheme = "dark" if dark else "light"
        context = browser.new_context(viewport=PHONE if phone else DESKTOP, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        page.goto(f"{server.url}/login/?next={path}")
        page.get_by_label("E-mail address").fill("ines@fernway.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{server.url}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def waiting(subject: str, minutes: int) -> Ticket:
    at = clock.now() - timedelta(minutes=minutes)
    ticket: Ticket = PersonTicketFactory.create(subject=subject, last_customer_message_at=at)
    MessageFactory.create(ticket=ticket, body=f"{subject}?")
    return ticket


def customer_writes(ticket: Ticket, text: str) -> None:
    messages.post_customer_message(
        contact_id=ticket.contact_id,
        brand_id=ticket.brand_id,
        ticket_public_id=ticket.public_id,
        client_id=uuid.uuid4(),
        text=text,
        identity_level="signed",
    )


def subjects(page: Any) -> list[str]:
    return [str(text) for text in page.locator(".ticket-row b").all_inner_texts()]


def is_listening(page: Any) -> None:
    """Wait until the page's socket watches its ticket, so that no ring is missed by the test."""
    page.locator("body[data-connected]").wait_for()
    page.wait_for_timeout(300)


def test_a_new_row_waits_at_the_top_and_moves_nothing(opening):
    waiting("first", 5)
    page = opening()
    is_listening(page)
    new = waiting("second", 50)
    customer_writes(new, "Hello?")
    news = page.locator("[data-news]")
    news.wait_for(state="visible")
    assert news.inner_text() == "1 new"
    assert subjects(page) == ["first"]
    news.click()
    page.locator(".ticket-row", has_text="second").wait_for()
    assert set(subjects(page)) == {"first", "second"}
    assert page.locator("[data-news]").is_hidden()


def test_a_row_changes_in_place(opening):
    ticket = waiting("first", 5)
    waiting("second", 4)
    page = opening()
    is_listening(page)
    messages.post_note(ticket_id=ticket.pk, user_id=User.objects.get().pk, client_id=uuid.uuid4(), text="Note")
    Ticket.objects.filter(pk=ticket.pk).update(subject="first, renamed")
    customer_writes(ticket, "Hello?")
    page.locator(".ticket-row", has_text="first, renamed").wait_for()
    assert subjects(page) == ["first, renamed", "second"]


def test_tickets_are_read_and_opened_by_keyboard_alone(opening):
    first, second = waiting("first", 50), waiting("second", 5)
    page = opening()
    page.keyboard.press("j")
    page.locator("#pane", has_text="first?").wait_for()
    page.keyboard.press("j")
    page.locator("#pane", has_text="second?").wait_for()
    assert str(second.public_id) in page.url
    page.keyboard.press("k")
    page.locator("#pane", has_text="first?").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/tickets/{first.public_id}/"))


def test_a_message_appears_while_one_looks_at_the_ticket(opening):
    ticket = waiting("first", 5)
    page = opening(f"/tickets/{ticket.public_id}/")
    is_listening(page)
    customer_writes(ticket, "And another thing.")
    page.locator(".entry", has_text="And another thing.").wait_for()
    assert page.locator("[data-sequence]").count() == ticket.messages.count()


def test_a_draft_survives_a_reload_and_goes_when_it_was_sent(opening):
    ticket = waiting("first", 5)
    page = opening(f"/?ticket={ticket.public_id}")
    page.keyboard.press("r")
    page.keyboard.type("I look into it")
    page.reload()
    text = page.locator("#say-text")
    assert text.input_value() == "I look into it"
    text.press("Control+Enter")
    page.locator(".entry.agent", has_text="I look into it").wait_for()
    assert page.locator("#say-text").input_value() == ""
    page.reload()
    assert page.locator("#say-text").input_value() == ""
    assert in_thread(lambda: Message.objects.filter(author="agent").count()) == 1


def test_the_composer_is_at_hand_and_no_toast_covers_it(opening):
    ticket = waiting("first", 5)
    for number in range(30):
        MessageFactory.create(ticket=ticket, body=f"Message {number}")
    page = opening(f"/tickets/{ticket.public_id}/")

    def box(selector: str) -> dict[str, float]:
        found: dict[str, float] = page.locator(selector).bounding_box()
        return found

    for scrolled in (0, 600):
        page.evaluate(f"scrollTo(0, {scrolled})")
        assert box("#composer")["y"] + box("#composer")["height"] <= DESKTOP["height"]
    page.keyboard.press("t")
    page.locator(".toast", has_text="It is yours").wait_for()
    assert box(".toast")["x"] >= box("#composer")["x"] + box("#composer")["width"]
    page.locator("#assign-user").locator("option:checked", has_text="Ines Moreau").wait_for(state="attached")
    assert page.get_by_role("button", name="Assign").is_hidden()


def test_after_sending_single_keys_work_again(opening):
    ticket = waiting("first", 5)
    page = opening(f"/tickets/{ticket.public_id}/")
    page.keyboard.press("r")
    page.keyboard.type("I look into it")
    page.keyboard.press("Control+Enter")
    page.locator(".entry.agent", has_text="I look into it").wait_for()
    page.keyboard.press("n")
    assert page.locator("[name=kind]:checked").get_attribute("value") == "note"
    assert page.locator("#say-text").input_value() == ""


def test_a_note_and_a_reply_are_drafted_apart(opening):
    ticket = waiting("first", 5)
    page = opening(f"/?ticket={ticket.public_id}")
    page.keyboard.press("n")
    page.keyboard.type("Between us")
    page.locator("label", has_text="Reply to customer").click()
    assert page.locator("#say-text").input_value() == ""
    page.locator("label", has_text="Internal note").click()
    assert page.locator("#say-text").input_value() == "Between us"


def test_the_ai_agents_draft_is_edited_before_it_is_sent(opening):
    ticket = HandoffFactory.create().ticket
    MessageFactory.create(ticket=ticket)
    page = opening(f"/tickets/{ticket.public_id}/")
    page.keyboard.press("r")
    assert page.locator("#say-text").input_value() == "Hello, I have looked at your workspace."
    page.keyboard.press("End")
    page.keyboard.type(" It works again.")
    page.keyboard.press("Control+Enter")
    page.locator(".entry.agent", has_text="It works again.").wait_for()
    page.get_by_role("button", name="Send as yours").wait_for(state="detached")


def test_resolving_by_key_can_be_undone_by_key(opening):
    ticket = waiting("first", 5)
    page = opening(f"/?ticket={ticket.public_id}")
    page.keyboard.press("e")
    page.locator(".toast", has_text="Resolved.").wait_for()
    page.locator(".is-gone .ticket-row", has_text="No longer in this list").wait_for()
    page.keyboard.press("z")
    page.locator(".toast", has_text="Open again.").wait_for()
    wait_until(
        lambda: in_thread(lambda: not Ticket.objects.get().is_resolved), what="the ticket is open again", seconds=5
    )


def test_what_happened_is_said_although_a_ring_has_replaced_the_button_meanwhile(opening):
    page = opening(f"/?ticket={waiting('first', 5).public_id}")
    page.evaluate("""() => {
      document.querySelector("[data-key=e]").click();
      const head = document.querySelector("#pane-head");
      head.replaceWith(head.cloneNode(true));
    }""")
    page.locator(".toast", has_text="Resolved.").wait_for()


def test_keys_are_letters_while_one_types_and_can_be_switched_off(opening):
    ticket = waiting("first", 5)
    page = opening(f"/?ticket={ticket.public_id}")
    page.locator("#say-text").fill("")
    page.locator("#say-text").type("entertaining")
    assert not in_thread(lambda: Ticket.objects.get().is_resolved)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    page.get_by_label("Single keys are on").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("e")
    page.wait_for_timeout(400)
    assert not in_thread(lambda: Ticket.objects.get().is_resolved)


def test_what_was_unfolded_stays_so_while_the_story_goes_on(opening):
    run = AgentRunFactory.create(ticket=waiting("first", 5), state="running", finished_at=None)
    AgentStepFactory.create(run=run, index=1, input={"act": "request", "intent": "how_to"})
    page = opening(f"/tickets/{run.ticket.public_id}/")
    is_listening(page)
    page.get_by_text("Details").click()
    from django.db import transaction

    from tickets.agent import journal

    with transaction.atomic():
        journal.write_fact(run, "retrieve", given={}, output={}, story="Searched the help center: 2 passages.")
    page.locator(".step", has_text="2 passages").wait_for()
    assert page.locator("details[open]", has_text="intent: how_to").count() == 1


def test_the_theme_of_a_person_outlives_the_page(opening):
    page = opening()
    page.get_by_label("You: Ines Moreau").click()
    page.get_by_label("Dark").check(force=True)
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body.querySelector('.top')).backgroundColor") == "rgb(22, 30, 27)"


def test_on_a_phone_a_row_is_a_link_to_the_ticket(opening):
    ticket = waiting("first", 5)
    page = opening(phone=True)
    page.locator(".ticket-row").click()
    page.wait_for_url(re.compile(f"/tickets/{ticket.public_id}/"))


def test_on_a_phone_the_bar_leads_to_every_page_the_rest_under_more(opening, server):
    page = opening(phone=True)
    more = page.get_by_role("navigation", name="Sections").get_by_text("More")
    more.click()
    page.get_by_role("link", name="Gaps").click()
    page.wait_for_url(f"{server.url}/gaps/")
    page.get_by_role("heading", name="What customers ask and no article answers").wait_for()
    more.click()
    page.get_by_role("link", name="Help center").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Help center").wait_for(state="hidden")


@pytest.mark.parametrize("dark", [False, True])
def test_no_page_scrolls_sideways_on_a_phone(opening, server, dark):
    ticket = HandoffFactory.create(ticket__subject="A long " + "subject" * 20).ticket
    MessageFactory.create(ticket=ticket, body="https://example.com/" + "x" * 300)
    AgentStepFactory.create(run__ticket=ticket, kind="act", output={"result": {"id": "y" * 200}, "action": "z" * 60})
    page = opening(phone=True, dark=dark)
    for path in ("/", f"/tickets/{ticket.public_id}/", "/approvals/", "/learned/", "/gaps/", "/procedures/"):
        page.goto(f"{server.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
