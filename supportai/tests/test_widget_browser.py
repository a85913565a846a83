"""The widget in a real browser, on a page of another site that forbids inline scripts, styles and foreign images."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from accounts.models import Brand, Team
from accounts.tests.factories import BrandFactory, UserFactory
from conftest import chromium_path
from supportai.core import clock, events
from supportai.core.actors import Actor
from supportai.tests.live import ForeignSite, LiveServer, in_thread
from supportai.tests.servers import wait_until
from tickets.events import TicketChanged
from tickets.models import Citation, Message, Ticket
from tickets.services import lifecycle, messages
from tickets.tests.factories import AgentRunFactory, AgentStepFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 640}
TARGET_PIXELS = 44
PAGE = """<!doctype html><html lang="en"><head><title>Shop billing</title></head>
<body><h1>Billing</h1><h2 data-private>Secret project</h2>
<script src="{url}/widget/widget.js" data-brand="fernway" {more} async></script></body></html>"""
POLICY = "default-src 'none'; script-src {url}; connect-src {url} {ws}; require-trusted-types-for 'script'"
CARD = {
    "kind": "confirm",
    "title": "Refund $49.00",
    "rows": [{"label": "To", "value": "Visa ending 4417"}],
    "yes": "Yes, refund $49.00",
    "no": "No",
}
NO_SOCKETS = """window.WebSocket = class {
  static OPEN = 1;
  constructor() { setTimeout(() => this.onclose?.({ code: 1006 }), 5); }
  close() {}
};"""


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
def server(transactional_db, monkeypatch, settings, tmp_path) -> Iterator[LiveServer]:
    """Serve the product with nobody behind it: the tests themselves play the AI agent and the staff."""
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("tickets.tasks.work_on_run", lambda run_id: None)
    monkeypatch.setattr("tickets.tasks.learn_from_ticket", lambda ticket_id, episode: None)
    cache.clear()
    server = LiveServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def brand(server) -> Brand:
    made: Brand = BrandFactory.create(slug="fernway", name="Fernway", suggestions=["How do I start?"])
    return made


@dataclass
class Visit:
    """One browser profile on the foreign site."""

    context: Any
    site: ForeignSite
    errors: list[str]

    def page(self, *, is_opened: bool = True) -> Any:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.errors.append(line.text) if "Content Security" in line.text else None)
        page.goto(self.site.url)
        page.locator(".launch").wait_for()
        if is_opened:
            page.click(".launch")
            page.locator(".w textarea").wait_for()
            page.locator(".w .m.ai, .w .m.me").first.wait_for()
        return page


Visiting = Callable[..., Visit]


@pytest.fixture
def visiting(browser, server, brand) -> Iterator[Visiting]:
    """Make visits; afterwards no script may have failed and no policy may have been broken."""
    visits: list[Visit] = []

    def visit(*, more: str = "", phone: bool = False, script: str = "") -> Visit:
        ws = server.url.replace("http", "ws")
        site = ForeignSite(PAGE.format(url=server.url, more=more), POLICY.format(url=server.url, ws=ws))
        Brand.objects.update(allowed_origins=[site.url])
        context = browser.new_context(viewport=PHONE if phone else DESKTOP, has_touch=phone)
        if script:
            context.add_init_script(script)
        visits.append(Visit(context, site, []))
        return visits[-1]

    yield visit
    for made in visits:
        made.context.close()
        made.site.stop()
    assert [error for made in visits for error in made.errors] == []


def write(page: Any, text: str) -> None:
    page.fill(".w textarea", text)
    page.press(".w textarea", "Enter")


def own(page: Any) -> list[str]:
    """Read the customer's messages as they are shown, without the words for screen readers and notes."""
    return [str(text) for text in page.locator(".m.me > p").all_inner_texts()]


def has_arrived(text: str) -> Message:
    found: Message = wait_until(
        lambda: in_thread(lambda: Message.objects.select_related("ticket").filter(body=text).first()),
        what=f"the message {text!r} is stored",
    )
    return found


def answer(ticket: Ticket, body: str, **fields: Any) -> Message:
    """Write as the AI agent."""
    from django.db import transaction

    with transaction.atomic():
        locked = messages.lock_ticket(ticket.pk)
        return messages.append_message(locked, author="ai_agent", client_id=uuid.uuid4(), body=body, **fields)


def plan_a_call(ticket: Ticket) -> None:
    """Let a call of the AI agent wait for a person."""
    from django.db import transaction

    with transaction.atomic():
        run = AgentRunFactory.create(ticket=ticket, state="waiting_approval")
        AgentStepFactory.create(run=run, kind="act", state="decided", output={"state": "planned"})
        events.publish(TicketChanged(ticket_id=ticket.pk))


def cited(ticket: Ticket) -> Message:
    from django.db import transaction

    with transaction.atomic():
        message = answer(ticket, "Press **Invite** [1].\n\n1. Open Team\n2. Press Invite [1]\n\nSee [2].")
        Citation.objects.create(
            message=message, number=1, title="Invite teammates", quote="Press Invite.", article_slug="x"
        )
    return message


def reply(ticket: Ticket, text: str) -> Message:
    user = UserFactory.create(name="Ines Moreau")
    return messages.post_staff_reply(ticket_id=ticket.pk, user_id=user.pk, client_id=uuid.uuid4(), text=text)


def token(brand: Brand, subject: str, *, hours: int = 1) -> str:
    until = clock.now() + timedelta(hours=hours)
    return jwt.encode({"sub": subject, "aud": brand.slug, "exp": until}, brand.signing_key, algorithm="HS256")


# ---- opening ----


def test_before_it_is_opened_one_small_script_is_all_that_is_fetched(visiting, server):
    visit = visiting()
    asked: list[str] = []
    visit.context.on("request", lambda request: asked.append(request.url))
    page = visit.page(is_opened=False)
    page.wait_for_timeout(300)
    assert [url for url in asked if url.startswith(server.url)] == [f"{server.url}/widget/widget.js"]
    assert page.locator(".launch").inner_text().startswith("Help\nanswers now")


def test_a_site_that_is_not_listed_is_told_so(visiting, brand):
    visit = visiting()
    Brand.objects.update(allowed_origins=["https://elsewhere.example"])
    page = visit.page(is_opened=False)
    page.click(".launch")
    # Without CORS the browser shows the widget no reason, so it says what holds: there is no connection.
    page.locator(".notice").wait_for()
    assert not in_thread(Ticket.objects.exists)


def test_it_opens_and_closes_by_keyboard_and_gives_the_focus_back(visiting):
    page = visiting().page(is_opened=False)
    page.locator(".launch").focus()
    page.keyboard.press("Enter")
    page.locator(".w textarea:focus").wait_for()
    page.keyboard.press("Escape")
    page.locator(".launch:focus").wait_for()
    assert page.locator(".w").is_hidden()
    page.keyboard.press("Alt+h")
    page.locator(".w textarea:focus").wait_for()


def test_a_screen_reader_finds_dialog_log_and_labels(visiting):
    page = visiting().page()
    assert page.get_by_role("dialog", name="Fernway help").is_visible()
    assert page.get_by_role("log").get_attribute("aria-label") == "Conversation with Fernway help"
    assert page.get_by_role("textbox", name="Write a message").is_visible()
    for name in ("Close", "Send", "Attach a file", "Talk to a person"):
        assert page.get_by_role("button", name=name, exact=True).is_visible(), name


def test_calls_made_before_it_was_loaded_are_carried_out(visiting, brand):
    queued = f"window.supportai = [['identify', '{token(brand, 'u7')}'], ['open']];"
    page = visiting(script=queued).page(is_opened=False)
    page.locator(".w textarea").wait_for()
    write(page, "Hello")
    assert has_arrived("Hello").identity_level == "signed"


# ---- talking ----


def test_a_message_is_sent_and_still_there_after_a_reload(visiting):
    page = visiting().page()
    write(page, "How do I add a teammate?")
    ticket = has_arrived("How do I add a teammate?").ticket
    in_thread(cited, ticket)
    page.locator(".m.ai", has_text="Press Invite").wait_for()
    page.reload()
    page.locator(".m.ai", has_text="Press Invite").wait_for()
    assert own(page) == ["How do I add a teammate?"]
    write(page, "Thanks")
    assert has_arrived("Thanks").ticket == ticket


def test_an_answer_shows_lists_and_numbered_sources(visiting, server):
    page = visiting().page()
    write(page, "How?")
    in_thread(cited, has_arrived("How?").ticket)
    bubble = page.locator(".m.ai", has_text="Press Invite")
    bubble.wait_for()
    assert bubble.locator("ol.steps li").count() == 2
    assert bubble.locator("b").inner_text() == "Invite"
    # [2] has no source, so it stays the text that it is.
    assert bubble.locator("button.cite").count() == 2
    assert "See [2]." in bubble.inner_text()
    bubble.get_by_role("button", name="Source 1: Invite teammates").first.click()
    assert bubble.locator(".sources li:focus").count() == 1
    assert bubble.locator(".sources a").get_attribute("href") == f"{server.url}/help/x/"


def test_what_others_wrote_never_becomes_markup(visiting):
    page = visiting().page()
    write(page, "<img src=x onerror=alert(1)> **not bold**")
    ticket = has_arrived("<img src=x onerror=alert(1)> **not bold**").ticket
    body = "<script>alert(1)</script> [go](javascript:alert(1)) [data](data:text/html,x) [ok](/help/) `<b>`"
    in_thread(answer, ticket, body)
    bubble = page.locator(".m.ai", has_text="<script>")
    bubble.wait_for()
    assert page.locator(".log img, .log script, .m.me b").count() == 0
    assert bubble.locator("a").all_inner_texts() == ["ok"]
    assert bubble.locator("code").inner_text() == "<b>"


def test_a_confirm_card_is_answered_with_its_own_words_and_not_while_offline(visiting):
    visit = visiting()
    page = visit.page()
    write(page, "I was charged twice")
    ticket = has_arrived("I was charged twice").ticket
    in_thread(answer, ticket, "Shall I give it back?", card=CARD)
    yes = page.get_by_role("button", name="Yes, refund $49.00")
    yes.wait_for()
    visit.context.set_offline(True)
    page.get_by_text("Possible again when you are connected.").wait_for()
    assert yes.get_attribute("aria-disabled") == "true"
    visit.context.set_offline(False)
    page.locator(".ask .btn.primary:not([aria-disabled])").click()
    assert has_arrived("Yes, refund $49.00").ticket == ticket
    assert page.locator(".ask .btn").count() == 0
    assert page.locator(".ask").is_visible()


def test_quick_replies_are_offered_once(visiting):
    page = visiting().page()
    page.get_by_role("button", name="How do I start?").click()
    ticket = has_arrived("How do I start?").ticket
    in_thread(answer, ticket, "Did that help?", quick_replies=[{"label": "Yes, solved", "value": "Yes, solved"}])
    page.get_by_role("button", name="Yes, solved").click()
    has_arrived("Yes, solved")
    assert page.get_by_role("button", name="Yes, solved").count() == 0


def test_a_person_is_offered_once_also_when_the_ai_agent_offers_one(visiting):
    page = visiting().page()
    write(page, "How do I invite people?")
    ticket = has_arrived("How do I invite people?").ticket
    offers = [{"label": label, "value": label} for label in ("Yes, solved", "Talk to a person")]
    in_thread(answer, ticket, "Did that help?", quick_replies=offers)
    page.get_by_role("button", name="Yes, solved").wait_for()
    page.get_by_role("button", name="Talk to a person").click()
    page.locator(".handed").wait_for()


def test_the_header_says_that_a_person_checks_while_a_call_waits(visiting):
    page = visiting().page()
    write(page, "Please refund it")
    ticket = has_arrived("Please refund it").ticket
    in_thread(plan_a_call, ticket)
    page.locator("header", has_text="A person checks this first").wait_for()
    assert "answers now" not in page.locator(".w > header").inner_text()


def test_long_labels_of_a_card_stay_on_their_line(visiting):
    page = visiting().page()
    write(page, "Change my plan")
    ticket = has_arrived("Change my plan").ticket
    rows = [{"label": label, "value": "sub_1"} for label in ("Subscription", "Now")]
    in_thread(
        answer,
        ticket,
        "Shall I?",
        card={"kind": "confirm", "title": "Change it", "rows": rows, "yes": "Yes", "no": "No"},
    )
    first, second = page.locator(".ask dt").nth(0), page.locator(".ask dt").nth(1)
    first.wait_for()
    assert first.bounding_box()["height"] == second.bounding_box()["height"]
    assert first.bounding_box()["width"] == second.bounding_box()["width"]


def test_a_picture_is_uploaded_and_sent(visiting, tmp_path):
    from PIL import Image

    path = tmp_path / "shot.png"
    Image.new("RGB", (30, 20), "navy").save(path)
    page = visiting().page()
    page.set_input_files(".w input[type=file]", str(path))
    page.locator(".tray li", has_text="1 kB").wait_for()
    write(page, "See picture")
    message = has_arrived("See picture")
    assert in_thread(lambda: message.attachments.get().name) == "shot.png"
    page.locator(".m.me canvas[width='30']").wait_for()


def test_the_page_is_shared_only_after_consent_and_without_private_parts(visiting):
    page = visiting().page()
    write(page, "Before")
    assert has_arrived("Before").page == {}
    page.get_by_role("button", name="Page not shared").click()
    assert "Secret project" not in page.locator(".see").inner_text()
    page.get_by_role("button", name="Share this page").click()
    write(page, "After")
    shared = has_arrived("After").page
    assert (shared["title"], shared["headings"]) == ("Shop billing", ["Billing"])


# ---- people ----


def test_a_person_can_be_asked_for_and_answers_under_their_name(visiting):
    page = visiting().page()
    write(page, "It does not work")
    ticket = has_arrived("It does not work").ticket
    in_thread(lambda: Ticket.objects.update(team=Team.objects.create(slug="billing", name="Billing")))
    page.get_by_role("button", name="Talk to a person").click()
    page.locator(".handed", has_text="Your question is with the billing team.").wait_for()
    assert page.get_by_role("button", name="Talk to a person").count() == 0
    in_thread(reply, ticket, "I look into it, see https://fernway.example/status.")
    page.locator(".m.person", has_text="I look into it").wait_for()
    page.locator("header", has_text="Ines from the billing team").wait_for()
    assert page.locator(".handed").count() == 0
    assert page.locator(".m.person a").get_attribute("href") == "https://fernway.example/status"


def test_a_message_that_comes_while_it_is_closed_is_announced_on_the_launcher(visiting):
    page = visiting().page()
    write(page, "Hello")
    ticket = has_arrived("Hello").ticket
    page.keyboard.press("Escape")
    in_thread(reply, ticket, "Good morning")
    page.locator(".launch", has_text="1 new message").wait_for()


def test_a_resolved_conversation_is_rated_once_and_a_new_one_begins_empty(visiting):
    page = visiting().page()
    write(page, "Hello")
    ticket = has_arrived("Hello").ticket
    in_thread(lifecycle.resolve_ticket, ticket_id=ticket.pk, actor=Actor.staff(1))
    page.get_by_role("radio", name="Great").check()
    page.get_by_role("button", name="Send rating").click()
    page.get_by_text("Thank you, your rating was saved.").wait_for()
    assert page.locator(".rate").count() == 0
    assert in_thread(lambda: ticket.csat.get().score) == 5
    page.get_by_role("button", name="New conversation").click()
    write(page, "Another thing")
    assert has_arrived("Another thing").ticket != ticket
    assert own(page) == ["Another thing"]


# ---- lines that break ----


def test_what_is_written_offline_is_sent_once_and_in_order(visiting):
    visit = visiting()
    page = visit.page()
    write(page, "First")
    has_arrived("First")
    expect(page.locator(".m.me.unsent")).to_have_count(0)
    visit.context.set_offline(True)
    page.locator("header", has_text="Connection lost").wait_for()
    for text in ("Second", "Third"):
        write(page, text)
    assert page.locator(".m.me.unsent").count() == 2
    visit.context.set_offline(False)
    has_arrived("Third")
    page.locator(".m.me.unsent").first.wait_for(state="detached")
    bodies = in_thread(lambda: list(Message.objects.order_by("sequence").values_list("body", flat=True)))
    assert bodies == own(page) == ["First", "Second", "Third"]


def test_a_server_that_restarts_and_a_reload_lose_nothing(visiting, server):
    page = visiting().page()
    write(page, "First")
    ticket = has_arrived("First").ticket
    server.stop()
    page.locator("header", has_text="Connection lost").wait_for()
    write(page, "Second")
    page.locator(".m.me.unsent", has_text="Second").wait_for()
    in_thread(answer, ticket, "Said while you were away")
    server.start()
    page.reload()
    page.locator(".m.ai", has_text="Said while you were away").wait_for()
    assert has_arrived("Second").ticket == ticket
    page.locator(".m.me.unsent").first.wait_for(state="detached")
    assert own(page) == ["First", "Second"]


def test_two_tabs_stay_in_step(visiting):
    visit = visiting()
    first, second = visit.page(), visit.page()
    write(first, "From the first tab")
    ticket = has_arrived("From the first tab").ticket
    second.locator(".m.me", has_text="From the first tab").wait_for()
    write(second, "From the second tab")
    assert has_arrived("From the second tab").ticket == ticket
    first.locator(".m.me", has_text="From the second tab").wait_for()
    in_thread(answer, ticket, "To both")
    for page in (first, second):
        page.locator(".m.ai", has_text="To both").wait_for()
        # A tab that met a gap asks for the rest at once, which takes a moment.
        expect(page.locator(".m.me")).to_have_count(2)
        assert own(page) == ["From the first tab", "From the second tab"]


def test_where_sockets_are_blocked_it_polls(visiting):
    page = visiting(script=NO_SOCKETS).page()
    write(page, "Without sockets")
    ticket = has_arrived("Without sockets").ticket
    in_thread(answer, ticket, "Heard you")
    page.locator(".m.ai", has_text="Heard you").wait_for(timeout=15_000)
    assert own(page) == ["Without sockets"]
    assert page.locator("header", has_text="Connection lost").count() == 0


def test_another_customer_in_the_same_browser_sees_nothing_of_the_first(visiting, brand):
    visit = visiting(more=f'data-identity="{token(brand, "u1")}"')
    page = visit.page()
    write(page, "My secret")
    has_arrived("My secret")
    page.evaluate("jwt => window.supportai.identify(jwt)", token(brand, "u2"))
    page.locator(".m.me").first.wait_for(state="detached")
    write(page, "I am somebody else")
    assert has_arrived("I am somebody else").ticket != has_arrived("My secret").ticket
    assert own(page) == ["I am somebody else"]


def test_signing_out_forgets_everything_in_the_browser(visiting, brand):
    visit = visiting(more=f'data-identity="{token(brand, "u1")}"')
    page = visit.page()
    write(page, "My secret")
    has_arrived("My secret")
    page.evaluate("() => window.supportai.shutdown()")
    page.locator("supportai-widget").wait_for(state="detached")
    left = page.evaluate("() => Object.keys({ ...localStorage, ...sessionStorage })")
    assert [key for key in left if key.startswith("supportai")] == []


def test_a_conversation_that_is_gone_makes_room_for_a_new_one(visiting):
    page = visiting().page()
    write(page, "First")
    ticket = has_arrived("First").ticket
    in_thread(ticket.delete)
    page.reload()
    page.locator(".m.me").first.wait_for(state="detached")
    write(page, "Second")
    assert has_arrived("Second").ticket != ticket


def test_a_message_to_a_conversation_that_goes_meanwhile_begins_a_new_one(visiting):
    page = visiting().page()
    write(page, "First")
    ticket = has_arrived("First").ticket
    # Confirmed, so that the next message is meant for this conversation.
    wait_until(
        lambda: str(ticket.public_id) in page.evaluate("() => JSON.stringify({...localStorage})"), what="the ack"
    )
    in_thread(ticket.delete)
    write(page, "Second")
    assert has_arrived("Second").ticket != ticket
    assert own(page) == ["Second"]


def test_what_waited_for_the_line_begins_a_new_conversation_when_its_own_went_meanwhile(visiting):
    page = visiting().page()
    write(page, "First")
    ticket = has_arrived("First").ticket
    wait_until(
        lambda: str(ticket.public_id) in page.evaluate("() => JSON.stringify({...localStorage})"), what="the ack"
    )
    page.context.set_offline(True)
    write(page, "Second")
    in_thread(ticket.delete)
    page.context.set_offline(False)
    assert has_arrived("Second").ticket != ticket
    assert own(page) == ["Second"]


def test_an_identity_that_expired_is_said_and_can_be_renewed(visiting, brand):
    page = visiting(more=f'data-identity="{token(brand, "u1", hours=-1)}"').page(is_opened=False)
    page.evaluate("() => { window.seen = []; window.supportai.on('expired', () => window.seen.push('expired')); }")
    page.click(".launch")
    page.get_by_text("You were signed out.").wait_for()
    assert page.evaluate("() => window.seen") == ["expired"]
    page.evaluate("jwt => window.supportai.identify(jwt)", token(brand, "u1"))
    page.get_by_text("You were signed out.").wait_for(state="detached")
    write(page, "Here again")
    assert has_arrived("Here again").identity_level == "signed"


# ---- phones and other scripts ----


def test_on_a_phone_it_fills_the_screen_with_large_targets_and_back_closes_it(visiting):
    page = visiting(phone=True).page()
    box = page.locator(".w").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, PHONE["width"], PHONE["height"])
    size = page.locator(".w textarea").evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
    assert size >= 16
    for button in page.locator(".w header .icon, .w .go, .w .quick .btn, .w .write .icon").all():
        target = button.bounding_box()
        assert min(target["width"], target["height"]) >= TARGET_PIXELS
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.go_back()
    page.locator(".launch").wait_for()
    assert page.url.startswith("http://127.0.0.1")
    assert page.locator(".w").is_hidden()


def test_right_to_left_pages_get_a_mirrored_widget(visiting):
    script = "document.addEventListener('DOMContentLoaded', () => { document.documentElement.dir = 'rtl'; });"
    page = visiting(script=script).page()
    panel, send = page.locator(".w").bounding_box(), page.locator(".w .go").bounding_box()
    assert panel["x"] < DESKTOP["width"] / 2
    assert send["x"] < panel["x"] + panel["width"] / 2


def test_the_system_decides_between_light_and_dark(visiting):
    page = visiting().page()
    grounds = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        grounds.append(page.locator(".w").evaluate("node => getComputedStyle(node).backgroundColor"))
    assert grounds == ["rgb(255, 255, 255)", "rgb(22, 30, 27)"]
