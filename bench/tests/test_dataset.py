from datetime import UTC, datetime

import pytest
from django.db.models import Count, F, Max

from accounts.models import Contact, Organization, User
from bench import dataset
from bench.bulk import BulkTable
from tickets.models import AgentRun, Csat, Handoff, Message, Ticket

TICKETS = 150


@pytest.fixture
def desk(db):
    return dataset.seed(TICKETS)


@pytest.mark.django_db
def test_bulk_rows_are_what_django_would_have_stored():
    at = datetime(2026, 3, 1, 12, 30, 15, 250, tzinfo=UTC)
    table = BulkTable(Contact)
    key = table.add({"name": "Ana", "roles": ["admin"], "created_at": at, "updated_at": at})
    table.finish()
    contact = Contact.objects.get(pk=key)
    assert (contact.name, contact.email, contact.roles, contact.created_at) == ("Ana", "", ["admin"], at)
    assert contact.brand is None
    assert not contact.is_verified


@pytest.mark.django_db
def test_ids_of_bulk_rows_differ_and_django_counts_on():
    table = BulkTable(Organization)
    for number in range(3):
        table.add({"name": f"Company {number}"})
    table.finish()
    assert Organization.objects.values("public_id").distinct().count() == 3
    assert Organization.objects.create(name="The next one").pk == 4


@pytest.mark.django_db
def test_bulk_rows_are_written_in_portions(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("bench.bulk.ROWS_A_WRITE", 2)
    table = BulkTable(Organization)
    for number in range(4):
        table.add({"name": f"Company {number}"})
    assert Organization.objects.count() == 4


def test_the_desk_is_of_the_size_that_was_asked_for(desk):
    assert desk["ticket"] == TICKETS == Ticket.objects.count()
    assert desk["message"] == Message.objects.count()


def test_every_conversation_is_numbered_without_holes(desk):
    odd = Ticket.objects.annotate(said=Count("messages", distinct=True), last=Max("messages__sequence"))
    assert not odd.exclude(said=F("last_sequence"), last=F("last_sequence")).exists()


def test_most_tickets_are_resolved_and_some_wait_for_people(desk):
    assert Ticket.objects.filter(status="resolved").count() > TICKETS * 0.8
    assert Ticket.objects.filter(status="open").exists()
    assert Handoff.objects.filter(state="closed").exists()
    assert Csat.objects.exists()


def test_no_run_is_left_for_a_worker(desk):
    assert AgentRun.objects.exists()
    assert not AgentRun.objects.filter(state__in=AgentRun.ACTIVE).exists()


def test_the_lead_is_signed_in_by_the_cookie(desk, client):
    name, _, value = dataset.facts()["cookie"].partition("=")
    client.cookies[name] = value
    assert client.get("/").status_code == 200


def test_the_token_reads_the_api(desk, client):
    token = dataset.facts()["token"]
    answer = client.get("/api/v1/tickets/", headers={"authorization": f"Bearer {token}"})
    assert len(answer.json()["results"]) == 50


def test_facts_name_tickets_to_open(desk):
    facts = dataset.facts()
    assert Ticket.objects.get(public_id=facts["resolved_ticket"]).pk == facts["number"]
    assert Ticket.objects.get(public_id=facts["open_ticket"]).is_with_person


@pytest.mark.django_db
def test_facts_of_an_empty_desk_name_no_tickets():
    dataset.ensure_staff()
    assert dataset.facts()["resolved_ticket"] == ""


@pytest.mark.django_db
def test_staff_is_made_once():
    first = dataset.ensure_staff(3)
    assert dataset.ensure_staff(3) == first
    assert User.objects.count() == 4
