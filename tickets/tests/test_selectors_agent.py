"""The AI agent's configuration is one frozen picture with a version that follows every change."""

from dataclasses import FrozenInstanceError
from datetime import timedelta

import pytest

from accounts.tests.factories import TeamFactory
from tickets import selectors_agent
from tickets.models import AgentConfiguration, Stage
from tickets.selectors_agent import agent_settings
from tickets.tests.factories import IntentFactory, ProcedureFactory, ProcedureStepFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    """Tests roll rows back, so what was cached for one means nothing for the next."""
    monkeypatch.setattr(selectors_agent, "_cached", {})


def test_without_rows_the_defaults_hold():
    settings = agent_settings()
    assert (settings.is_on, settings.answer_threshold, settings.act_threshold) == (True, 0.6, 0.8)
    assert (settings.silence, settings.max_steps, settings.max_seconds) == (timedelta(hours=24), 20, 60)
    assert (settings.intents, settings.procedures) == ((), ())
    assert settings.intent("refund") is None
    assert settings.procedure("refund") is None


def test_the_row_is_what_a_lead_set():
    AgentConfiguration.objects.create(
        is_on=False, answer_threshold=0.7, act_threshold=0.9, silence_hours=2, max_steps=5
    )
    settings = agent_settings()
    assert (settings.is_on, settings.answer_threshold, settings.act_threshold) == (False, 0.7, 0.9)
    assert (settings.silence, settings.max_steps) == (timedelta(hours=2), 5)


def test_an_intent_is_read_with_phrases_team_priority_and_stage():
    billing = TeamFactory()
    row = IntentFactory(
        slug="refund", name="Refund", examples=" one \n\ntwo", team=billing, priority="high", is_how_to=True
    )
    Stage.objects.create(intent=row, level="draft")
    found = agent_settings().intent("refund")
    assert (found.name, found.phrases, found.team_id) == ("Refund", ("one", "two"), billing.pk)
    assert (found.priority, found.is_how_to, found.stage) == ("high", True, "draft")


def test_an_intent_without_a_stage_has_the_default_one():
    AgentConfiguration.objects.create(default_stage="shadow")
    IntentFactory(slug="refund")
    assert agent_settings().intent("refund").stage == "shadow"


def test_a_procedure_is_read_with_its_steps_in_order():
    procedure = ProcedureFactory(intent__slug="refund", guidance="Be kind.", needs_identity=False)
    ProcedureStepFactory(
        procedure=procedure, position=2, key="done", kind="say", text="Done.", label="Refund", card={"Charge": "x"},
        condition="true", ledger="verified",
    )  # fmt: skip
    ProcedureStepFactory(procedure=procedure, position=1, key="found", arguments={"limit": "5"})
    rule = agent_settings().procedure("refund")
    assert (rule.name, rule.guidance, rule.needs_identity) == (procedure.intent.name, "Be kind.", False)
    first, last = rule.steps
    assert (first.key, first.kind, first.capability, first.arguments) == (
        "found", "look_up", "billing.find_charges", (("limit", "5"),)
    )  # fmt: skip
    assert (last.key, last.text, last.label, last.card) == ("done", "Done.", "Refund", (("Charge", "x"),))
    assert (last.condition, last.ledger) == ("true", "verified")


def test_a_procedure_that_is_switched_off_is_left_out():
    ProcedureFactory(intent__slug="refund", is_enabled=False)
    assert agent_settings().procedure("refund") is None
    assert agent_settings().intent("refund") is not None


def test_unchanged_rows_give_the_same_object_without_reading_them(django_assert_num_queries):
    ProcedureStepFactory()
    first = agent_settings()
    with django_assert_num_queries(10):  # newest and number of each of the five tables
        assert agent_settings() is first


def test_reading_it_anew_takes_as_many_queries_for_many_rows(django_assert_num_queries):
    for _ in range(4):
        ProcedureStepFactory()
    with django_assert_num_queries(15):
        agent_settings()


def change_configuration():
    row = AgentConfiguration.objects.get()
    row.act_threshold = 0.95
    row.save()


def change_intent():
    IntentFactory(slug="another")


def change_procedure(step):
    step.procedure.is_enabled = False
    step.procedure.save()


def change_step(step):
    step.text = "Other words"
    step.save()


def delete_step(step):
    step.delete()


def change_stage(step):
    Stage.objects.create(intent=step.procedure.intent, level="off")


@pytest.mark.parametrize(
    "change",
    [
        lambda _step: change_configuration(),
        lambda _step: change_intent(),
        change_procedure,
        change_step,
        delete_step,
        change_stage,
    ],
    ids=["configuration", "intent", "procedure", "step", "step deleted", "stage"],
)
def test_any_change_makes_another_version(change):
    AgentConfiguration.objects.create()
    step = ProcedureStepFactory()
    before = agent_settings()
    change(step)
    after = agent_settings()
    assert after.version != before.version
    assert after is not before


def test_nobody_changes_the_picture():
    with pytest.raises(FrozenInstanceError):
        agent_settings().is_on = False
