"""A step reads only what is there by then; the message says what is meant instead."""

import pytest

from tickets.models import ProcedureStep
from tickets.services.procedures import DraftStep, draft_of, unknown_names
from tickets.tests.factories import ProcedureStepFactory

Kind = ProcedureStep.Kind


def errors_of(**fields):
    """Check one step alone."""
    (found,) = unknown_names([DraftStep(**{"kind": Kind.SAY, "key": "done", **fields})])
    return found


@pytest.mark.parametrize(
    "text",
    [
        "Hello {{ contact.name }}",
        "{{ said }} {{ told }} {{ slots.ids }} {{ rejected }} {{ date(now) }}",
        "{{ join(slots.ids.map(i, i), ', ') }}",
        "No expression at all",
        "{{ broken( }}",
    ],
)
def test_what_is_always_there_may_be_read(text):
    assert errors_of(text=text) == {}


def test_a_mistyped_name_is_told_with_the_near_one():
    found = errors_of(text="Hello {{ contac.name }}")
    assert found["text"].startswith("Nothing is called contac; did you mean contact?")
    assert "slots" in found["text"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("condition", "size(charges) == 0"),
        ("expression", "charges.filter(c, c.paid)"),
        ("label", "{{ charges }}"),
        ("on_no", "{{ charges }}"),
        ("arguments", {"charge_id": "charges[0].id"}),
        ("card", {"Charge": "{{ charges[0].id }}"}),
    ],
)
def test_every_field_is_read(field, value):
    assert list(errors_of(**{field: value})) == [field]


def test_earlier_steps_may_be_read_and_later_ones_not():
    look_up = DraftStep(kind=Kind.LOOK_UP, key="found", condition="size(charge) > 0")
    compute = DraftStep(kind=Kind.COMPUTE, key="charge", expression="found.charges[0]")
    say = DraftStep(kind=Kind.SAY, key="done", text="{{ charge.id }}")
    first, second, third = unknown_names([look_up, compute, say])
    assert first == {"condition": "charge is not known yet: only earlier steps can be read here."}
    assert (second, third) == ({}, {})


def test_a_step_may_not_read_itself():
    assert "condition" in errors_of(condition="done == 1")


def test_an_option_is_known_to_a_choices_label_alone():
    assert errors_of(kind=Kind.CHOOSE, expression="slots.ids", text="Which?", label="{{ item }}") == {}
    assert list(errors_of(kind=Kind.CHOOSE, expression="slots.ids", text="{{ item }}?", label="x")) == ["text"]
    assert list(errors_of(label="{{ item }}")) == ["label"]


def test_one_message_a_field_is_enough():
    assert "Nothing is called a." in errors_of(text="{{ a }} {{ b }}")["text"]


@pytest.mark.django_db
def test_stored_steps_can_be_checked_too():
    step = ProcedureStepFactory(key="charges", capability="billing.find_charges", arguments={"a": "nobody.id"})
    assert unknown_names([draft_of(step)])[0].keys() == {"arguments"}
