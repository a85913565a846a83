"""What the database itself refuses about outcomes."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from insights.models import Outcome
from insights.tests.factories import OutcomeFactory, ago

pytestmark = pytest.mark.django_db


def test_an_episode_has_one_outcome():
    outcome = OutcomeFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        OutcomeFactory(ticket=outcome.ticket, episode=outcome.episode)
    OutcomeFactory(ticket=outcome.ticket, episode=outcome.episode + 1)


def test_nobody_returns_before_the_end():
    with pytest.raises(IntegrityError), transaction.atomic():
        OutcomeFactory(ended_at=ago(days=1), returned_at=ago(days=1) - timedelta(microseconds=1))
    assert OutcomeFactory(ended_at=ago(days=1), returned_at=ago(days=1)).pk


def test_outcomes_go_with_their_ticket():
    OutcomeFactory().ticket.delete()
    assert not Outcome.objects.exists()


def test_an_outcome_names_itself():
    outcome = OutcomeFactory(episode=2, ending="assumed")
    assert str(outcome) == f"ticket {outcome.ticket_id}, episode 2: assumed"


def test_the_ai_agent_alone_ends_in_the_three_ledgers():
    assert {*Outcome.Ending} - {*Outcome.ALONE} == {Outcome.Ending.PEOPLE, Outcome.Ending.ABANDONED}
