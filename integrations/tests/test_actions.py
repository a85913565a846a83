"""The registry of actions, and what every action must declare."""

import pytest
from pydantic import ValidationError

from integrations.actions import (
    ActionSpec,
    Params,
    Risk,
    action,
    all_actions,
    connector_for,
    find_action,
)
from integrations.tests.factories import InstallationFactory

EVERY = all_actions()


def test_the_demo_has_its_sixteen_actions():
    assert {spec.name.removeprefix("sandbox.") for spec in EVERY} == {
        "find_charges", "refund_charge", "apply_credit", "get_subscription", "change_plan", "cancel_subscription",
        "find_invoices", "send_invoice", "get_account", "send_password_reset", "unlock_account", "grant_role",
        "get_order", "get_integration", "resync_integration", "file_issue",
    }  # fmt: skip


def test_risks_are_those_of_the_design():
    critical = {spec.name for spec in EVERY if spec.risk == Risk.CRITICAL}
    assert critical == {"sandbox.refund_charge", "sandbox.cancel_subscription", "sandbox.grant_role"}
    reads = {spec.name.partition(".")[2] for spec in EVERY if spec.risk == Risk.READ}
    assert reads == {name for name in (s.name.partition(".")[2] for s in EVERY) if name.startswith(("find_", "get_"))}


@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec.name)
class TestEveryAction:
    def test_it_tells_a_model_what_it_does(self, spec):
        assert spec.description.endswith(".")
        assert spec.kind == "sandbox"
        assert spec.capability.count(".") == 1

    def test_a_write_can_be_found_out_about(self, spec):
        assert spec.risk == Risk.READ or spec.reconcile is not None

    def test_no_argument_says_whose_it_is(self, spec):
        assert not {"contact", "contact_id", "email", "customer", "organization", "to"} & set(spec.params.model_fields)

    def test_an_id_that_comes_from_a_model_is_checked_for_its_owner(self, spec):
        ids = {name for name in spec.params.model_fields if name.endswith("_id")}
        assert not ids or spec.owner is not None

    def test_extra_arguments_and_zero_bytes_are_refused(self, spec):
        with pytest.raises(ValidationError):
            spec.params.model_validate({"contact": "bob@northwind.example"})
        texts = dict.fromkeys(spec.params.model_fields, "a\x00b")
        if texts:
            with pytest.raises(ValidationError):
                spec.params.model_validate(texts)


def test_confirmation_is_asked_for_what_the_demo_names():
    assert {spec.name.partition(".")[2] for spec in EVERY if spec.needs_confirmation} == {
        "refund_charge", "apply_credit", "change_plan", "cancel_subscription", "grant_role",
    }  # fmt: skip


def test_a_name_is_taken_once():
    with pytest.raises(ValueError, match="two actions are named"):
        action(name="sandbox.find_charges", capability="x.y", risk=Risk.READ, params=Params)(dict)


def test_an_unknown_action_is_none():
    assert find_action("sandbox.nothing") is None
    assert isinstance(find_action("sandbox.find_charges"), ActionSpec)


@pytest.mark.django_db
def test_an_installation_gives_its_connector():
    connector = connector_for(InstallationFactory())
    assert connector.kind == "sandbox"
    connector.check()
