"""JSON that keeps the order of its keys, whatever the database."""

import pytest

from tickets.models import ProcedureStep
from tickets.tests.factories import ProcedureFactory

pytestmark = pytest.mark.django_db
# Sorted by length, as jsonb does, these would change places.
CARD = {"Instead of": "a refund", "To": "your card", "Arrives": "tomorrow"}


def stored(**fields) -> ProcedureStep:
    procedure = ProcedureFactory()
    made = ProcedureStep.objects.create(
        procedure=procedure, position=90, key="shown", kind=ProcedureStep.Kind.SAY, text="Done.", **fields
    )
    return ProcedureStep.objects.get(pk=made.pk)


def test_keys_come_back_in_the_order_they_were_written():
    assert list(stored(card=CARD).card.items()) == list(CARD.items())


def test_a_change_is_stored_and_read_as_well():
    step = stored(card=CARD)
    step.card = dict(reversed(CARD.items()))
    step.save(update_fields=["card"])
    assert list(ProcedureStep.objects.get(pk=step.pk).card) == ["Arrives", "To", "Instead of"]


@pytest.mark.parametrize("value", [{}, {"a": [1, {"z": None, "b": True}]}, {"Größe": "\U0001f4a1 <b>"}])
def test_every_kind_of_value_survives(value):
    assert stored(arguments=value).arguments == value


def test_rows_are_made_and_read_in_bulk():
    procedure = ProcedureFactory()
    ProcedureStep.objects.bulk_create(
        ProcedureStep(procedure=procedure, position=n, key=f"k{n}", kind=ProcedureStep.Kind.SAY, card={"b": n, "a": 1})
        for n in range(3)
    )
    assert list(ProcedureStep.objects.filter(procedure=procedure, key="k2").values_list("card", flat=True)) == [
        {"b": 2, "a": 1}
    ]
