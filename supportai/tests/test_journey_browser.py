"""One question travels the whole way, in a browser: answered, refunded, handed over, learned, answered again."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from supportai.tests.browser import FIRST_ANSWER, SECONDS, Customer, Staff, chromium
from supportai.tests.servers import DemoServer

pytestmark = pytest.mark.browser

HOW_TO = "How do I invite a new member to my team?"
CHARGED_TWICE = "I was charged twice this month"
UNCOVERED = "Can our clients reach the client portal under a domain name of our own, like portal.oursite.example?"
TAUGHT = (
    "Yes. Open Settings, choose Client portal and then Own domain, enter the name and add the CNAME record that is shown there "
    "at your domain registrar. The certificate is made within an hour."
)
ASKED_AGAIN = "Is it possible to use our own domain name for the client portal?"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def server(seeded_data_dir: Path, copied_server: Callable[[Path], DemoServer]) -> DemoServer:
    started = copied_server(seeded_data_dir)
    started.start()
    return started


@pytest.fixture
def customer(browser: Browser, server: DemoServer) -> Iterator[Customer]:
    context = browser.new_context()
    yield Customer(context.new_page(), server.url)
    context.close()


@pytest.fixture
def ines(browser: Browser, server: DemoServer) -> Iterator[Staff]:
    context = browser.new_context()
    staff = Staff(context.new_page(), server.url)
    staff.sign_in("ines@fernway.example")
    yield staff
    context.close()


def test_one_question_travels_the_whole_way(customer: Customer, ines: Staff, server: DemoServer) -> None:
    customer.open_widget()
    a_how_to_is_answered_with_its_sources(customer)
    a_double_charge_is_refunded_once_after_a_yes(customer, server)
    the_trace_shows_each_step(ines)
    a_person_takes_over_and_both_chat_live(customer, ines)
    what_the_person_said_is_learned(ines)
    the_next_customer_is_answered_from_it(customer)


def a_how_to_is_answered_with_its_sources(customer: Customer) -> None:
    answer = customer.ask(HOW_TO, timeout=FIRST_ANSWER)
    expect(answer.locator(".sources li").first).to_be_visible()
    expect(answer.get_by_role("button", name=re.compile("^Source 1"))).to_be_visible()
    expect(answer).to_contain_text(re.compile("invite", re.IGNORECASE))


def a_double_charge_is_refunded_once_after_a_yes(customer: Customer, server: DemoServer) -> None:
    question = customer.ask(CHARGED_TWICE)
    card = question.locator(".ask")
    expect(card).to_contain_text("49.00")
    assert refunds(server) == [], "nothing is refunded before the yes"
    card.get_by_role("button").first.click()
    expect(customer.results).to_have_count(1, timeout=45 * SECONDS)
    expect(customer.results).to_contain_text("49.00")
    assert refunds(server) == [4900]
    expect(customer.panel.get_by_text("This conversation is resolved.")).to_be_visible()


def the_trace_shows_each_step(ines: Staff) -> None:
    ines.page.goto(f"{ines.url}/?view=resolved")
    ines.open_first_row(HOW_TO)
    story = ines.page.get_by_role("region", name="What the AI agent did")
    for earlier in story.locator("details.older").all():
        earlier.evaluate("node => { node.open = true }")
    for step in ("charges", "asked", "refund", "resolved"):
        expect(story).to_contain_text(re.compile(step, re.IGNORECASE))


def a_person_takes_over_and_both_chat_live(customer: Customer, ines: Staff) -> None:
    customer.press("New conversation")
    customer.say(UNCOVERED)
    customer.press_when_offered("Talk to a person")
    expect(customer.panel.get_by_text("A person has been asked")).to_be_visible(timeout=45 * SECONDS)

    ines.page.goto(ines.url)
    ines.open_first_row(UNCOVERED)
    packet = ines.page.get_by_role("region", name="Hand-off packet")
    expect(packet).to_contain_text("domain")
    ines.page.get_by_role("button", name=re.compile("^Take over")).first.click()
    expect(customer.panel.get_by_text("Ines joined.")).to_be_visible(timeout=15 * SECONDS)

    ines.reply(TAUGHT)
    expect(customer.panel.locator(".m.person")).to_contain_text("CNAME", timeout=15 * SECONDS)
    customer.say("That is what I needed, thanks a lot")
    expect(ines.page.locator(".entry.customer").last).to_contain_text("what I needed", timeout=15 * SECONDS)
    ines.page.get_by_role("button", name=re.compile("^Resolve")).first.click()
    expect(customer.panel.get_by_text("This conversation is resolved.")).to_be_visible(timeout=15 * SECONDS)


def what_the_person_said_is_learned(ines: Staff) -> None:
    suggestion = ines.page.locator(".suggestion", has_text="CNAME")
    ines.reload_until("/learned/", suggestion)
    suggestion.get_by_role("button", name="Publish as it is").click()
    expect(ines.page.locator(".published, .suggestion", has_text="Take back")).to_be_visible(timeout=15 * SECONDS)


def the_next_customer_is_answered_from_it(customer: Customer) -> None:
    customer.press("New conversation")
    customer.search_until(ASKED_AGAIN, "CNAME")
    answer = customer.ask(ASKED_AGAIN)
    expect(answer).to_contain_text("CNAME")
    expect(answer.locator(".sources li").first).to_be_visible()


def refunds(server: DemoServer) -> list[int]:
    rows = server.rows("select refunded_cents from integrations_sandboxcharge where refunded_cents > 0")
    return [row["refunded_cents"] for row in rows]
