"""What tickets announce reaches the outcomes; hearing it again changes nothing."""

import pytest

from insights.models import Outcome
from insights.subscribers import keep_ending, keep_return
from insights.tests.factories import ago, ended
from supportai.core import events as core_events
from tickets.events import TicketReopened, TicketResolved
from tickets.tests.factories import MessageFactory, ResolvedTicketFactory

pytestmark = pytest.mark.django_db


def test_the_app_listens_to_resolutions_and_returns():
    for event, handler in ((TicketResolved, keep_ending), (TicketReopened, keep_return)):
        assert handler in core_events._handlers[core_events.event_name(event)]


def test_a_resolution_that_is_announced_twice_is_kept_once():
    ticket = ResolvedTicketFactory(resolved_at=ago(hours=1), ledger="assumed")
    event = TicketResolved(ticket_id=ticket.pk, episode=1, actor_kind="system", ledger="assumed")
    for _ in range(2):
        keep_ending(event)
    assert list(Outcome.objects.values_list("ending", "ended_at")) == [("assumed", ago(hours=1))]


def test_a_return_that_is_announced_twice_keeps_its_first_time():
    ticket = ended(ago(days=2))
    ticket.episode, ticket.status, ticket.resolved_at = 2, "open", None
    ticket.save()
    MessageFactory(ticket=ticket, episode=2, created_at=ago(hours=3))
    keep_return(TicketReopened(ticket_id=ticket.pk, episode=2))
    MessageFactory(ticket=ticket, episode=2, created_at=ago(hours=1))
    keep_return(TicketReopened(ticket_id=ticket.pk, episode=2))
    assert Outcome.objects.get().returned_at == ago(hours=3)


def test_news_in_the_wrong_order_comes_to_the_same():
    ticket = ResolvedTicketFactory(episode=2, resolved_at=ago(hours=1), resolved_by="staff", ledger="")
    MessageFactory(ticket=ticket, episode=1, created_at=ago(days=2))
    MessageFactory(ticket=ticket, episode=2, created_at=ago(days=1))
    keep_return(TicketReopened(ticket_id=ticket.pk, episode=2))
    keep_ending(TicketResolved(ticket_id=ticket.pk, episode=2, actor_kind="staff", ledger=""))
    keep_ending(TicketResolved(ticket_id=ticket.pk, episode=1, actor_kind="system", ledger="assumed"))
    assert list(Outcome.objects.order_by("episode").values_list("episode", "ending", "returned_at")) == [
        (1, "assumed", ago(days=1)),
        (2, "people", None),
    ]
