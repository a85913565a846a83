"""Ratings: of the contact's own resolved episode, one each, changeable."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.tests.factories import ContactFactory
from supportai.core.errors import InvalidInputError, NotFoundError
from tickets.errors import TicketNotResolvedError
from tickets.models import Csat
from tickets.services.csat import MAX_COMMENT, rate
from tickets.tests.factories import CsatFactory, ResolvedTicketFactory, TicketFactory

pytestmark = pytest.mark.django_db


def test_a_resolved_episode_is_rated():
    ticket = ResolvedTicketFactory(episode=2)
    rating = rate(contact_id=ticket.contact_id, ticket_public_id=ticket.public_id, score=4, comment="Quick.")
    assert (rating.ticket, rating.episode, rating.score, rating.comment) == (ticket, 2, 4, "Quick.")
    assert rating.about == "ai_agent"


def test_a_rating_is_of_who_had_the_ticket():
    ticket = ResolvedTicketFactory(handler="person")
    assert rate(contact_id=ticket.contact_id, ticket_public_id=ticket.public_id, score=5).about == "person"


def test_rating_again_changes_the_rating():
    ticket = ResolvedTicketFactory()
    for score in (1, 5):
        rate(contact_id=ticket.contact_id, ticket_public_id=ticket.public_id, score=score, comment=f"{score}")
    assert (Csat.objects.get().score, Csat.objects.get().comment) == (5, "5")


def test_each_episode_has_its_own_rating():
    first = CsatFactory(score=1)
    ticket = first.ticket
    ticket.episode = 2
    ticket.save()
    rate(contact_id=ticket.contact_id, ticket_public_id=ticket.public_id, score=5)
    assert list(ticket.csat.order_by("episode").values_list("score", flat=True)) == [1, 5]


@pytest.mark.parametrize("score", [0, 6, -1, "5", 4.5, None])
def test_a_score_that_is_none_is_refused(score):
    ticket = ResolvedTicketFactory()
    with pytest.raises(InvalidInputError):
        rate(contact_id=ticket.contact_id, ticket_public_id=ticket.public_id, score=score)
    assert not Csat.objects.exists()


def test_another_contacts_ticket_is_not_found():
    ticket = ResolvedTicketFactory()
    with pytest.raises(NotFoundError):
        rate(contact_id=ContactFactory().pk, ticket_public_id=ticket.public_id, score=1)
    with pytest.raises(NotFoundError):
        rate(contact_id=ticket.contact_id, ticket_public_id=uuid4(), score=1)


def test_an_open_ticket_cannot_be_rated():
    ticket = TicketFactory()
    with pytest.raises(TicketNotResolvedError):
        rate(contact_id=ticket.contact_id, ticket_public_id=ticket.public_id, score=5)


def test_a_long_comment_is_cut():
    ticket = ResolvedTicketFactory()
    rating = rate(contact_id=ticket.contact_id, ticket_public_id=ticket.public_id, score=3, comment="x" * 3000)
    assert len(rating.comment) == MAX_COMMENT


def test_the_database_holds_scores_to_their_range():
    with pytest.raises(IntegrityError, match="csat_score_from_1_to_5"), transaction.atomic():
        CsatFactory(score=7)
