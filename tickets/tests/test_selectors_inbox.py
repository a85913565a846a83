"""How the inbox reads: by index, and in the order of the list."""

from datetime import timedelta

import pytest

from accounts.tests.factories import TeamFactory, UserFactory
from supportai.core import clock
from tickets import selectors_inbox
from tickets.models import Ticket
from tickets.selectors_inbox import PAGE_SIZE, TOUCHED_AT, InboxFilter
from tickets.tests.factories import PersonTicketFactory, TicketFactory

pytestmark = pytest.mark.django_db


def shown(**fields) -> InboxFilter:
    return InboxFilter(user_id=UserFactory().pk, **fields)


def fill(count, **fields):
    now = clock.now()
    return [TicketFactory(last_message_at=now - timedelta(minutes=n), **fields) for n in range(count)]


@pytest.mark.embedded  # PostgreSQL plans by the size of the table, which is small in a test
def test_the_newest_of_a_status_are_read_off_an_index():
    newest = Ticket.objects.alias(touched_at=TOUCHED_AT).filter(status="resolved").order_by("-touched_at", "-pk")
    plan = newest.values("pk")[:40].explain()
    assert "ticket_by_status_touched" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.embedded  # PostgreSQL plans by the size of the table, which is small in a test
def test_open_tickets_are_counted_from_an_index_alone():
    assert "COVERING INDEX ticket_by_owner" in Ticket.objects.filter(selectors_inbox.OPEN).values("handler").explain()


def test_pages_follow_each_other_without_a_gap_or_a_repeat():
    tickets = fill(PAGE_SIZE + 3)
    first = selectors_inbox.ticket_page(shown(view="all"))
    second = selectors_inbox.ticket_page(shown(view="all"), cursor=first.next_cursor)
    assert [t.pk for t in [*first.tickets, *second.tickets]] == [t.pk for t in tickets]
    assert second.next_cursor == ""


def test_tickets_of_one_moment_are_all_listed():
    moment = clock.now()
    made = {TicketFactory(last_message_at=moment).pk for _ in range(PAGE_SIZE + 2)}
    first = selectors_inbox.ticket_page(shown(view="all"))
    second = selectors_inbox.ticket_page(shown(view="all"), cursor=first.next_cursor)
    assert {t.pk for t in [*first.tickets, *second.tickets]} == made


def test_a_new_ticket_shifts_no_page():
    tickets = fill(PAGE_SIZE + 1)
    first = selectors_inbox.ticket_page(shown(view="all"))
    TicketFactory(last_message_at=clock.now() + timedelta(minutes=1))
    second = selectors_inbox.ticket_page(shown(view="all"), cursor=first.next_cursor)
    assert [t.pk for t in second.tickets] == [tickets[-1].pk]


def test_a_full_last_page_has_no_next_one():
    fill(PAGE_SIZE)
    assert selectors_inbox.ticket_page(shown(view="all")).next_cursor == ""


def test_teams_count_their_open_tickets_only():
    busy, idle = TeamFactory(name="A busy one"), TeamFactory(name="B idle one")
    PersonTicketFactory.create_batch(2, team=busy)
    TicketFactory(team=busy, status="pending")
    TicketFactory(team=busy, status="resolved", resolved_at=clock.now())
    counted = {team.pk: team.open_count for team in selectors_inbox.teams_with_counts()}
    assert counted == {busy.pk: 3, idle.pk: 0}


def test_without_teams_nothing_is_counted():
    PersonTicketFactory()
    assert selectors_inbox.teams_with_counts() == []


def test_a_resolved_ticket_needs_nobody_whoever_had_it():
    user = UserFactory()
    PersonTicketFactory(status="resolved", resolved_at=clock.now(), assignee=user)
    PersonTicketFactory(assignee=user)
    assert selectors_inbox.count_needs(user_id=user.pk) == 1
