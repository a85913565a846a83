"""What is said is stored once, in order, for the right people."""

from functools import partial
from uuid import UUID, uuid4

import pytest

from accounts.tests.factories import ContactFactory, UserFactory
from integrations.tests.services.test_parallel import together
from supportai.core.errors import NotFoundError
from tickets.errors import EmptyMessageError, MessageTooLongError
from tickets.events import MessagePosted, RunQueued, TicketChanged, TicketReopened
from tickets.models import AgentRun, Channel, Handoff, Message, Ticket
from tickets.services import messages
from tickets.services.messages import MAX_TEXT, Source, clean_text, subject_of
from tickets.tests.factories import (
    AgentRunFactory,
    AttachmentFactory,
    HandoffFactory,
    PersonTicketFactory,
    ResolvedTicketFactory,
    TicketFactory,
)
from tickets.tests.talk import answer, reply, say

pytestmark = pytest.mark.django_db


# ---- the customer ----


def test_a_first_message_opens_a_ticket_and_queues_a_run():
    contact = ContactFactory()
    message = say(contact, "  My export is empty.\nIt was fine last week. ", page={"url": "/exports"})
    ticket = message.ticket
    assert (ticket.contact, ticket.brand, ticket.channel) == (contact, contact.brand, "widget")
    assert (ticket.subject, ticket.status, ticket.last_sequence) == ("My export is empty.", "open", 1)
    assert ticket.last_customer_message_at == ticket.last_message_at is not None
    assert (message.sequence, message.episode, message.author, message.kind) == (1, 1, "customer", "public")
    assert (message.body, message.page) == ("My export is empty.\nIt was fine last week.", {"url": "/exports"})
    run = ticket.runs.get()
    assert (run.state, run.input_sequence, run.episode) == ("queued", 1, 1)


def test_a_message_is_announced_only_after_commit(seen, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        message = say(ContactFactory())
        assert seen == []
    run = message.ticket.runs.get()
    assert seen == [
        MessagePosted(ticket_id=message.ticket_id, message_id=message.pk, author="customer", kind="public"),
        RunQueued(run_id=run.pk),
    ]


def test_sending_again_stores_and_announces_nothing(seen, django_capture_on_commit_callbacks):
    contact, client_id = ContactFactory(), uuid4()
    with django_capture_on_commit_callbacks(execute=True):
        first = say(contact, "Hello", client_id=client_id)
    seen.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert say(contact, "Hello", client_id=client_id) == first
        assert say(contact, "Hello", ticket=first.ticket, client_id=client_id) == first
    assert (Ticket.objects.count(), Message.objects.count(), AgentRun.objects.count()) == (1, 1, 1)
    assert seen == []


def test_the_id_of_one_contacts_message_means_nothing_for_another():
    client_id = uuid4()
    one, other = say(ContactFactory(), "One", client_id=client_id), say(ContactFactory(), "Two", client_id=client_id)
    assert one != other
    assert other.body == "Two"


@pytest.mark.parametrize("is_there", [True, False], ids=["another contact's", "none at all"])
def test_a_ticket_that_is_not_the_contacts_is_not_found(is_there):
    theirs = TicketFactory()
    named = theirs if is_there else Ticket(public_id=uuid4())
    with pytest.raises(NotFoundError):
        say(ContactFactory(brand=theirs.brand), "Let me in", ticket=named)
    assert not Message.objects.exists()
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("text", ["", "  \n ", "\x00\x07", "\ud800"])
def test_a_message_of_nothing_is_refused(text):
    with pytest.raises(EmptyMessageError):
        say(ContactFactory(), text)
    assert not Ticket.objects.exists()


def test_a_message_over_the_limit_is_refused_and_one_at_it_is_not():
    with pytest.raises(MessageTooLongError):
        say(ContactFactory(), "x" * (MAX_TEXT + 1))
    assert len(say(ContactFactory(), "x" * MAX_TEXT).body) == MAX_TEXT


def test_a_file_alone_is_a_message():
    contact = ContactFactory()
    file = AttachmentFactory(message=None, contact=contact)
    message = say(contact, "", attachment_ids=[file.public_id])
    assert (message.body, message.ticket.subject) == ("", "Attachment")
    assert list(message.attachments.all()) == [file]


def test_anothers_file_is_not_attached_and_makes_no_message():
    file = AttachmentFactory(message=None, contact=ContactFactory())
    with pytest.raises(EmptyMessageError):
        say(ContactFactory(), "", attachment_ids=[file.public_id])
    assert not Message.objects.exists()
    file.refresh_from_db()
    assert file.message is None


def test_a_file_of_an_earlier_message_stays_with_it():
    contact = ContactFactory()
    file = AttachmentFactory(message=None, contact=contact)
    first = say(contact, "Here", attachment_ids=[file.public_id])
    say(contact, "And again", ticket=first.ticket, attachment_ids=[file.public_id])
    assert list(first.attachments.all()) == [file]


def test_who_is_unknown_counts_as_anonymous():
    assert say(ContactFactory(), identity_level="").identity_level == "anonymous"


def test_the_channel_is_kept_on_ticket_and_message():
    message = say(ContactFactory(), channel=Channel.API)
    assert (message.channel, message.ticket.channel) == ("api", "api")


def test_a_burst_joins_one_run():
    first = say(ContactFactory(), "Hello")
    for text in ("my export", "is empty"):
        say(first.ticket.contact, text, ticket=first.ticket)
    run = first.ticket.runs.get()
    assert (run.state, run.input_sequence) == ("queued", 3)


def test_a_message_reopens_a_pending_ticket():
    ticket = TicketFactory(status="pending")
    say(ticket.contact, ticket=ticket)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.episode) == ("open", 1)


def test_a_message_after_a_resolution_begins_a_new_episode(seen, django_capture_on_commit_callbacks):
    ticket = ResolvedTicketFactory(handler="person", intent="double_charge")
    with django_capture_on_commit_callbacks(execute=True):
        message = say(ticket.contact, "It happened again", ticket=ticket)
    ticket.refresh_from_db()
    assert (ticket.episode, message.episode, ticket.status, ticket.handler) == (2, 2, "open", "ai_agent")
    assert (ticket.resolved_at, ticket.resolved_by, ticket.ledger, ticket.intent) == (None, "", "", "")
    assert ticket.runs.get().episode == 2
    assert TicketReopened(ticket_id=ticket.pk, episode=2) in seen


def test_a_message_to_a_person_queues_no_run():
    ticket = PersonTicketFactory()
    say(ticket.contact, "Are you there?", ticket=ticket)
    assert not ticket.runs.exists()


# ---- staff ----


def test_a_reply_takes_the_ticket_from_the_ai_agent():
    ticket, ines = say(ContactFactory()).ticket, UserFactory()
    message = reply(ticket, ines.pk)
    ticket.refresh_from_db()
    assert (message.author, message.user, message.kind) == ("agent", ines, "public")
    assert (ticket.handler, ticket.assignee, ticket.status) == ("person", ines, "pending")
    assert ticket.runs.get().state == AgentRun.State.CANCELLED
    assert ticket.first_replied_at is not None


def test_a_reply_accepts_the_open_handoff():
    handoff, ines = HandoffFactory(), UserFactory()
    reply(handoff.ticket, ines.pk)
    handoff.refresh_from_db()
    assert (handoff.state, handoff.accepted_by) == (Handoff.State.ACCEPTED, ines)
    assert handoff.accepted_at is not None


def test_a_colleagues_reply_leaves_the_assignee():
    ines, jonas = UserFactory(), UserFactory()
    ticket = PersonTicketFactory(assignee=ines)
    reply(ticket, jonas.pk)
    ticket.refresh_from_db()
    assert ticket.assignee == ines


def test_a_reply_to_a_resolved_ticket_leaves_it_resolved():
    ticket = ResolvedTicketFactory()
    reply(ticket, UserFactory().pk)
    ticket.refresh_from_db()
    assert ticket.status == "resolved"
    assert ticket.resolved_at is not None


def test_a_reply_sent_twice_is_one_reply():
    ticket, ines, client_id = TicketFactory(), UserFactory(), uuid4()
    assert reply(ticket, ines.pk, client_id=client_id) == reply(ticket, ines.pk, client_id=client_id)
    assert ticket.messages.count() == 1


def test_an_empty_reply_takes_nothing_over():
    ticket = TicketFactory()
    with pytest.raises(EmptyMessageError):
        reply(ticket, UserFactory().pk, " ")
    ticket.refresh_from_db()
    assert ticket.handler == "ai_agent"


def test_a_note_changes_neither_status_nor_handler_and_is_no_first_reply():
    ticket, client_id = TicketFactory(), uuid4()
    values = {"ticket_id": ticket.pk, "user_id": UserFactory().pk, "client_id": client_id, "text": "Seen before."}
    note = messages.post_note(**values)
    assert messages.post_note(**values) == note
    ticket.refresh_from_db()
    assert (note.kind, note.is_public, ticket.last_sequence) == ("note", False, 1)
    assert (ticket.status, ticket.handler, ticket.first_replied_at) == ("open", "ai_agent", None)


def test_an_empty_note_is_refused():
    with pytest.raises(EmptyMessageError):
        messages.post_note(ticket_id=TicketFactory().pk, user_id=UserFactory().pk, client_id=uuid4(), text="\n")


# ---- the AI agent ----


def test_an_answer_is_stored_with_its_sources_and_waits_for_the_customer(seen, django_capture_on_commit_callbacks):
    run = AgentRunFactory(state="running")
    with django_capture_on_commit_callbacks(execute=True):
        message = answer(
            run,
            "Open Settings. [1]",
            sources=[
                Source(number=1, title="T" * 400, quote="Open Settings.", article_slug="members", start=3, end=17)
            ],
            quick_replies=[{"label": "Yes", "value": "Yes"}],
            card={"kind": "result", "title": "Done"},
        )
        assert seen == []
    citation = message.citations.get()
    assert (citation.number, citation.quote, citation.start, citation.end) == (1, "Open Settings.", 3, 17)
    assert (len(citation.title), citation.revision) == (300, None)
    assert (message.author, message.run, message.quick_replies) == ("ai_agent", run, [{"label": "Yes", "value": "Yes"}])
    run.ticket.refresh_from_db()
    assert (run.ticket.status, run.ticket.first_replied_at is not None) == ("pending", True)
    assert seen == [
        MessagePosted(ticket_id=run.ticket_id, message_id=message.pk, author="ai_agent", kind="public"),
        TicketChanged(ticket_id=run.ticket_id),
    ]


def test_an_answer_posted_twice_is_one_answer_with_one_list_of_sources():
    run, client_id = AgentRunFactory(state="running"), uuid4()
    source = Source(number=1, title="Members")
    first = answer(run, client_id=client_id, sources=[source])
    assert answer(run, client_id=client_id, sources=[source]) == first
    assert (run.ticket.messages.count(), first.citations.count()) == (1, 1)


def test_an_answer_is_dropped_when_a_person_has_the_ticket():
    run = AgentRunFactory(state="running", ticket=PersonTicketFactory())
    assert answer(run) is None
    assert not run.ticket.messages.exists()


def test_an_answer_to_an_earlier_episode_is_dropped():
    run = AgentRunFactory(state="running", ticket=TicketFactory(episode=2), episode=1)
    assert answer(run) is None
    assert not run.ticket.messages.exists()


def test_an_answer_already_posted_is_found_even_after_a_take_over():
    run, client_id = AgentRunFactory(state="running"), uuid4()
    first = answer(run, client_id=client_id)
    Ticket.objects.update(handler="person")
    assert answer(run, client_id=client_id) == first


def test_an_answer_on_a_ticket_that_was_resolved_meanwhile_is_dropped_and_leaves_it_resolved():
    run = AgentRunFactory(state="running", ticket=ResolvedTicketFactory())
    assert answer(run, "The refund was approved and made.") is None
    run.ticket.refresh_from_db()
    assert run.ticket.status == "resolved"
    assert run.ticket.resolved_at is not None


@pytest.mark.parametrize("change", [{"state": "cancelled"}, {"lease_owner": "another worker"}])
def test_an_answer_of_a_run_that_is_not_this_workers_any_more_is_dropped(change):
    run = AgentRunFactory(state="running", lease_owner="this worker")
    AgentRun.objects.update(**change)
    assert answer(run) is None
    assert not run.ticket.messages.exists()


def test_an_event_line_of_one_key_is_stored_once():
    ticket = TicketFactory()
    line = messages.post_event(ticket_id=ticket.pk, key="joined:1", text="Ines joined.")
    assert messages.post_event(ticket_id=ticket.pk, key="joined:1", text="Ines joined.") == line
    messages.post_event(ticket_id=ticket.pk, key="joined:2", text="Jonas joined.")
    ticket.refresh_from_db()
    assert (line.author, line.kind, line.is_public, ticket.last_sequence) == ("system", "event", True, 2)
    assert ticket.first_replied_at is None


def test_the_first_reply_is_timed_once():
    ticket, ines = TicketFactory(), UserFactory()
    reply(ticket, ines.pk)
    ticket.refresh_from_db()
    first = ticket.first_replied_at
    reply(ticket, ines.pk)
    ticket.refresh_from_db()
    assert ticket.first_replied_at == first


# ---- texts ----


def test_control_characters_go_and_line_breaks_emoji_and_other_scripts_stay():
    assert clean_text("\x1b[31ma\tb\n\U0001f600 \u65e5\u672c\x00 ") == "[31ma\tb\n\U0001f600 \u65e5\u672c"


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("\n\n One \nTwo", "One"),
        ("", "Attachment"),
        ("word " * 30, " ".join(["word"] * 18) + " …"),
        ("x" * 90, "x" * 90),
    ],
)
def test_a_subject_is_the_first_line_cut_at_a_word(text, subject):
    assert subject_of(text) == subject


# ---- at the same moment ----


@pytest.mark.django_db(transaction=True)
def test_messages_from_all_sides_at_once_are_numbered_without_holes(seen):
    first = say(ContactFactory())
    ticket, ines = first.ticket, UserFactory()
    calls = [partial(say, ticket.contact, f"Message {n}", ticket=ticket) for n in range(6)]
    calls += [partial(reply, ticket, ines.pk, f"Reply {n}") for n in range(3)]
    together(calls)
    assert list(ticket.messages.values_list("sequence", flat=True)) == list(range(1, 11))
    ticket.refresh_from_db()
    assert ticket.last_sequence == 10
    assert ticket.runs.filter(state__in=AgentRun.ACTIVE).count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_same_message_from_six_sockets_is_one_message_and_one_ticket(seen):
    contact, client_id = ContactFactory(), UUID(int=7)
    stored = together([partial(say, contact, "Hello", client_id=client_id)] * 6)
    assert len({message.pk for message in stored}) == 1
    assert (Ticket.objects.count(), AgentRun.objects.count()) == (1, 1)
