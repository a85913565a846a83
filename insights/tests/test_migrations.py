"""Tickets that were resolved before insights existed get their outcome by a migration."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from insights.models import Outcome
from insights.tests.factories import ago
from tickets.tests.factories import NoteFactory, ResolvedTicketFactory, StaffMessageFactory, TicketFactory

pytestmark = pytest.mark.django_db
migration = import_module("insights.migrations.0002_known_endings")


def migrate() -> None:
    migration.keep_known_endings(apps, connection.schema_editor())


def test_every_resolved_ticket_gets_its_ending_once():
    verified = ResolvedTicketFactory(resolved_at=ago(days=3), episode=4)
    by_staff = ResolvedTicketFactory(resolved_by="staff", ledger="")
    answered = ResolvedTicketFactory(ledger="confirmed")
    StaffMessageFactory(ticket=answered)
    noted = ResolvedTicketFactory(ledger="assumed")
    NoteFactory(ticket=noted)
    left = ResolvedTicketFactory(ledger="abandoned")
    TicketFactory()
    for _ in range(2):
        migrate()
    assert dict(Outcome.objects.values_list("ticket", "ending")) == {
        verified.pk: "verified",
        by_staff.pk: "people",
        answered.pk: "people",
        noted.pk: "assumed",
        left.pk: "abandoned",
    }
    kept = verified.outcomes.get()
    assert (kept.episode, kept.ended_at, kept.returned_at) == (4, ago(days=3), None)


def test_more_tickets_than_a_batch_are_kept(monkeypatch):
    monkeypatch.setattr(migration, "BATCH", 2)
    for _ in range(5):
        ResolvedTicketFactory()
    migrate()
    assert Outcome.objects.count() == 5
