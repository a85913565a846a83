"""The packet: what a person needs, each line with a link to where it comes from."""

import pytest

from accounts.tests.factories import VisitorFactory
from tickets.models import Handoff
from tickets.services.packet import NEXT_STEPS, QUOTE, build_packet, packet_text
from tickets.tests.factories import (
    AgentMessageFactory,
    AgentRunFactory,
    AgentStepFactory,
    AttachmentFactory,
    MessageFactory,
    NoteFactory,
    TicketFactory,
)

pytestmark = pytest.mark.django_db


def lines(ticket, label: str, reason: str = "policy", **fields) -> list[dict]:
    packet = build_packet(ticket, reason=reason, **fields)
    return next((s["lines"] for s in packet["sections"] if s["label"] == label), [])


def test_a_full_packet_has_its_sections_in_reading_order():
    ticket = TicketFactory(intent="double_charge")
    message = MessageFactory(ticket=ticket, page={"title": "Billing", "url": "https://app.example/billing"})
    AttachmentFactory(message=message)
    packet = build_packet(ticket, reason="missing_knowledge", draft="Hello")
    labels = [section["label"] for section in packet["sections"]]
    assert labels == [
        "Problem", "Wants", "Who", "Page", "Attachments", "Done", "Promised", "Not known", "Conversation", "Next",
    ]  # fmt: skip
    assert packet["draft"] == "Hello"


def test_sections_without_lines_are_left_out():
    packet = build_packet(TicketFactory(), reason="policy")
    assert [section["label"] for section in packet["sections"]] == ["Who", "Done", "Promised", "Not known", "Next"]


def test_the_first_message_is_the_problem_and_the_last_is_wanted():
    ticket = TicketFactory(intent="double_charge")
    first = MessageFactory(ticket=ticket, body="I was billed twice.")
    last = MessageFactory(ticket=ticket, body="Refund the second one.")
    problem, wants = lines(ticket, "Problem"), lines(ticket, "Wants")
    assert problem == [{"text": "I was billed twice.", "href": f"#message-{first.sequence}", "tone": ""}]
    assert [line["text"] for line in wants] == ["Read as double charge", "Refund the second one."]
    assert wants[1]["href"] == f"#message-{last.sequence}"


def test_the_conversation_names_who_spoke_and_links_to_each_message():
    ticket = TicketFactory()
    MessageFactory(ticket=ticket, body="Hello")
    AgentMessageFactory(ticket=ticket, body="Good day")
    shown = lines(ticket, "Conversation")
    assert [line["text"] for line in shown] == ["Customer: Hello", "AI agent: Good day"]
    assert [line["href"] for line in shown] == ["#message-1", "#message-2"]


def test_notes_and_earlier_episodes_stay_out():
    ticket = TicketFactory(episode=2)
    MessageFactory(ticket=ticket, episode=1, body="Long ago")
    NoteFactory(ticket=ticket, body="Between us")
    MessageFactory(ticket=ticket, body="Today")
    AgentStepFactory(run=AgentRunFactory(ticket=ticket, episode=1), kind="act", story="Called it long ago.")
    text = packet_text(build_packet(ticket, reason="policy"))
    assert "Today" in text
    assert "Long ago" not in text
    assert "Between us" not in text
    assert "long ago" not in text


def test_a_long_message_is_cut_at_a_word():
    ticket = TicketFactory()
    MessageFactory(ticket=ticket, body="word " * 200)
    text = lines(ticket, "Problem")[0]["text"]
    assert len(text) <= QUOTE + 2
    assert text.endswith("word …")


def test_who_it_is_names_identity_company_and_plan():
    ticket = TicketFactory(contact__name="Ana Ruiz", contact__email="ana@northwind.example")
    MessageFactory(ticket=ticket, identity_level="signed")
    who = lines(ticket, "Who")[0]["text"]
    company = ticket.contact.organization.name
    assert who == f"Ana Ruiz, ana@northwind.example, identity: verified by sign-in, {company}, plan pro"


def test_a_visitor_is_unverified_and_that_is_said():
    ticket = TicketFactory(contact=VisitorFactory())
    MessageFactory(ticket=ticket, identity_level="anonymous")
    assert "identity: anonymous" in lines(ticket, "Who")[0]["text"]
    assert lines(ticket, "Not known") == [
        {"text": "Who the customer really is: the identity is not verified.", "href": "", "tone": "bad"}
    ]


def test_a_verified_customer_leaves_nothing_unknown():
    ticket = TicketFactory()
    MessageFactory(ticket=ticket)
    assert lines(ticket, "Not known") == []


def test_what_is_not_known_says_why_and_what_is_missing():
    ticket = TicketFactory()
    MessageFactory(ticket=ticket)
    shown = lines(ticket, "Not known", reason="missing_knowledge", why="Asked about time travel.")
    assert [line["text"] for line in shown] == [
        "Asked about time travel.",
        "No published article answers this well enough.",
    ]


def test_the_newest_page_counts_with_its_errors():
    ticket = TicketFactory()
    MessageFactory(ticket=ticket, page={"title": "Old"})
    MessageFactory(ticket=ticket, page={"title": "Exports", "url": "/exports", "errors": ["TypeError: x is null"]})
    MessageFactory(ticket=ticket)
    assert [(line["text"], line["tone"]) for line in lines(ticket, "Page")] == [
        ("Exports, /exports", ""),
        ("Error on the page: TypeError: x is null", "bad"),
    ]


def test_files_come_with_what_was_read_in_them():
    message = MessageFactory()
    AttachmentFactory(message=message, name="error.png", reading="Error 500")
    AttachmentFactory(message=message, name="film.mp4")
    assert [line["text"] for line in lines(message.ticket, "Attachments")] == [
        "error.png: Error 500",
        "film.mp4: not read",
    ]


def test_nothing_done_is_said_too():
    assert lines(TicketFactory(), "Done")[0]["text"] == "Nothing was looked up or changed."


def test_what_was_done_links_to_its_step_and_names_the_objects_found():
    run = AgentRunFactory()
    AgentStepFactory(run=run, kind="understand", story="Understood it.")
    found = {
        "charges": [{"id": "ch_1", "amount_cents": 4900, "currency": "usd", "created": "2020-11-03T10:00:00+00:00"}],
        "total": 1,
    }
    look_up = AgentStepFactory(
        run=run, kind="act", story="Called find.", output={"state": "succeeded", "result": found}
    )
    AgentStepFactory(
        run=run, kind="act", story="Called refund.", output={"state": "succeeded", "result": {"refund_id": "re_1"}}
    )
    shown = lines(run.ticket, "Done")
    assert [line["text"] for line in shown] == [
        "Called find.",
        "ch_1: amount $49.00, created 3 November 2020",
        "Called refund.",
        "refund id: re_1",
    ]
    assert shown[0]["href"] == shown[1]["href"] == f"#step-{look_up.public_id}"
    assert {line["tone"] for line in shown} == {""}


@pytest.mark.parametrize(
    "step",
    [
        {"kind": "act", "output": {"state": "failed"}},
        {"kind": "act", "output": {"state": "unknown"}},
        {"kind": "answer", "state": "refused"},
    ],
)
def test_what_failed_or_was_refused_stands_out(step):
    run = AgentRunFactory()
    AgentStepFactory(run=run, **step)
    assert lines(run.ticket, "Done")[0]["tone"] == "bad"


def test_results_shown_to_the_customer_are_promises():
    ticket = TicketFactory()
    AgentMessageFactory(ticket=ticket, card={"kind": "result", "title": "Refunded $49.00"})
    AgentMessageFactory(ticket=ticket, card={"kind": "confirm", "title": "Refund $20.00"})
    shown = lines(ticket, "Promised")
    assert [line["text"] for line in shown] == ["Refunded $49.00", "A person answers here. Nothing else."]
    assert (shown[0]["tone"], shown[0]["href"]) == ("good", "#message-1")


@pytest.mark.parametrize("reason", Handoff.Reason.values)
def test_each_reason_has_a_next_step(reason):
    assert lines(TicketFactory(), "Next", reason=reason)[0]["text"] == NEXT_STEPS[reason]


def test_a_given_next_step_counts_for_more():
    assert lines(TicketFactory(), "Next", next_step="Call the bank.")[0]["text"] == "Call the bank."


def test_a_packet_reads_as_text():
    text = packet_text({"sections": [{"label": "Next", "lines": [{"text": "Greet."}]}], "draft": "Hello"})
    assert text == "Next: Greet.\nHello"
    assert packet_text({}) == ""


def test_a_packet_takes_few_queries_however_long_the_conversation(django_assert_num_queries):
    ticket = TicketFactory()
    for _ in range(5):
        AttachmentFactory(message=MessageFactory(ticket=ticket))
    ticket.refresh_from_db()
    with django_assert_num_queries(5):  # messages, their files, steps, contact, organization
        build_packet(ticket, reason="policy")


@pytest.mark.parametrize(("reply", "is_open"), [({}, True), ({"value": False}, False), ({"value": True}, False)])
def test_a_question_that_nobody_answered_is_left_open(reply, is_open):
    run = AgentRunFactory()
    asked = AgentStepFactory(
        run=run, kind="ask", state="done", input={"expects": "confirm", "text": "Shall I refund ch_3?"},
        output={"sequence": 2},
    )  # fmt: skip
    answer = {"reply": {"ask": str(asked.public_id), **reply}} if reply else {}
    AgentStepFactory(run=run, kind="understand", state="done", input=answer)
    shown = lines(run.ticket, "Left open")
    assert [line["text"] for line in shown] == (["Asked and not answered: Shall I refund ch_3?"] if is_open else [])


def test_other_questions_are_not_left_open():
    run = AgentRunFactory()
    AgentStepFactory(
        run=run,
        kind="ask",
        state="done",
        input={"expects": "open", "text": "What can I help you with?"},
        output={"sequence": 2},
    )
    assert lines(run.ticket, "Left open") == []
