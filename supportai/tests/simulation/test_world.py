"""What a scenario starts from is stored as it says."""

import pytest

from integrations.models import ActionPolicy, SandboxAccount, SandboxInvoice
from knowledge.models import Article
from supportai.core import clock
from supportai.simulation.play import play
from supportai.simulation.world import build_world
from supportai.tests.simulation.builders import ANA, TWICE, VERIFIED, scenario
from tickets.models import AgentConfiguration, Message, Stage, Ticket


@pytest.mark.parametrize(
    ("who", "level"),
    [
        (VERIFIED, "signed"),
        ({"email": ANA, "verified": False}, "claimed"),
        ({"verified": False}, "anonymous"),
        ({}, "anonymous"),
    ],
)
def test_a_contact_has_the_level_that_the_scenario_gives(desk, who, level):
    world = build_world(scenario("hi", contact=who))
    assert world.level == level
    assert world.contact.is_verified == (level == "signed")


def test_the_world_is_completed_with_the_people_and_owners_that_rows_leave_out(desk):
    tables = {
        **TWICE,
        "contacts": [{"email": "tom@northwind.example", "organization": "Northwind"}],
        "accounts": [{"id": "acc_1", "contact": "tom@northwind.example"}],
        "invoices": [{"id": "in_1", "charge": "ch_1"}, {"id": "in_2", "charge": "ch_1", "organization": "Harbor"}],
    }
    build_world(scenario("hi", sandbox=tables))
    assert SandboxAccount.objects.get().organization == "Northwind"
    assert SandboxInvoice.objects.get(pk="in_1").contact == ANA
    assert SandboxInvoice.objects.get(pk="in_2").contact == ""
    from integrations.models import SandboxContact, SandboxOrganization

    assert SandboxOrganization.objects.get().plan == "pro"
    assert SandboxContact.objects.filter(email=ANA, organization="Northwind").exists()


def test_settings_of_a_scenario_are_applied(desk):
    settings = {
        "stages": {"double_charge": "draft"},
        "thresholds": {"answer": 0.9},
        "limits": {"refund_cents": 5, "credit_cents": 7},
    }
    build_world(scenario("hi", settings=settings))
    assert Stage.objects.get(intent__slug="double_charge").level == "draft"
    assert AgentConfiguration.objects.get().answer_threshold == 0.9
    limits = dict(ActionPolicy.objects.exclude(limit_cents=None).values_list("capability", "limit_cents"))
    assert limits == {"billing.refund_charge": 5, "billing.apply_credit": 7}


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"stages": {"double_charge": False}}, 'write "off" in quotes'),
        ({"stages": {"nonsense": "auto"}}, "no intent nonsense"),
        ({"thresholds": {"mood": 1}}, "no mood"),
        ({"limits": {"refunds": 1}}, "no refunds"),
    ],
)
def test_settings_that_do_not_exist_are_named(desk, chosen, words):
    entry = play(scenario("hi", settings=chosen))
    assert words in entry["failures"][0]


def test_a_scenario_s_article_replaces_the_one_with_its_slug(desk):
    article = {"slug": "kiosk", "title": "Kiosk", "body": "Hold the star key."}
    build_world(scenario("hi", articles=[article]))
    build_world(scenario("hi", contact={}, sandbox={}, articles=[{**article, "body": "Hold the hash key."}]))
    assert Article.objects.get().current_revision.body == "Hold the hash key."


def test_history_is_there_before_the_first_turn_and_starts_no_run(desk):
    history = [
        {"created": "-40m", "messages": [{"from": "customer", "say": "Old"}, {"from": "note", "say": "Secret"}]},
        {"contact": {"email": "o@other.example", "organization": "Other"}, "created": "-2h", "status": "resolved", "messages": [{"from": "customer", "say": "Theirs"}]},
    ]  # fmt: skip
    world = build_world(scenario("hi", history=history))
    mine, theirs = Ticket.objects.order_by("pk")
    assert (mine.contact, theirs.contact.email) == (world.contact, "o@other.example")
    assert (mine.status, theirs.status) == ("open", "resolved")
    assert (clock.now() - mine.created_at).total_seconds() == pytest.approx(2400, abs=60)
    assert Message.objects.get(body="Secret").kind == Message.Kind.NOTE
    assert not mine.runs.exists()
