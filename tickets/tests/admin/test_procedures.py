"""Procedures are made in the admin without code; what does not work is refused at its field."""

from typing import Any

import pytest
from django.test import Client

from accounts.tests.factories import UserFactory
from tickets.models import Intent, Procedure
from tickets.tests.factories import IntentFactory, ProcedureFactory, ProcedureStepFactory

pytestmark = pytest.mark.django_db
ADD = "/admin/tickets/procedure/add/"
EXAMPLES = "change my address\nnew billing address\nwe moved\nupdate invoice address\nanother street on the invoice"
STEP = {"position": "0", "kind": "say", "key": "done", "text": "Done."}


@pytest.fixture
def lead(client: Client) -> Client:
    client.force_login(UserFactory(role="lead"))
    return client


def form(*steps: dict[str, str], **fields: str) -> dict[str, Any]:
    """Fill in the page as a browser would."""
    data = {
        "new_intent": "Change the billing address",
        "intent": "",
        "examples": EXAMPLES,
        "is_enabled": "on",
        "needs_identity": "on",
        "guidance": "",
        "steps-TOTAL_FORMS": str(len(steps)),
        "steps-INITIAL_FORMS": "0",
        **fields,
    }
    for number, step in enumerate(steps):
        data |= {f"steps-{number}-{name}": value for name, value in step.items()}
    return data


def change_url(procedure: Procedure) -> str:
    return f"/admin/tickets/procedure/{procedure.pk}/change/"


def errors_of(response: Any) -> list[dict[str, list[str]]]:
    assert response.status_code == 200, "the page comes back with its errors"
    inlines = response.context["inline_admin_formsets"]
    return [dict(form.errors) for inline in inlines for form in inline.formset.forms]


def test_a_whole_procedure_is_made_on_one_page(lead):
    steps = (
        {"position": "0", "kind": "look_up", "key": "account", "capability": "accounts.get_account", "arguments": ""},
        {"position": "1", "kind": "ask", "key": "street", "text": "Which street?", "expression": "'.{3,80}'"},
        {
            "position": "2",
            "kind": "act",
            "key": "change",
            "capability": "issues.file",
            "arguments": "title: 'New address'\nbody: street",
        },
        {
            "position": "3",
            "kind": "say",
            "key": "done",
            "text": "Changed to {{ street }}.",
            "card": "New street: {{ street }}",
            "ledger": "verified",
        },
    )
    response = lead.post(ADD, form(*steps))
    assert response.status_code == 302, errors_of(response)
    procedure = Procedure.objects.get()
    assert procedure.slug == "change_the_billing_address"
    assert len(procedure.intent.phrases) == 5
    assert [step.kind for step in procedure.steps.all()] == ["look_up", "ask", "act", "say"]
    assert procedure.steps.get(key="change").arguments == {"title": "'New address'", "body": "street"}
    assert procedure.steps.get(key="done").card == {"New street": "{{ street }}"}


def test_an_intent_that_exists_can_be_chosen_and_gains_examples(lead):
    intent = IntentFactory(name="Refund", slug="refund")
    lead.post(ADD, form(STEP, new_intent="", intent=str(intent.pk)))
    intent.refresh_from_db()
    assert intent.procedure.steps.count() == 1
    assert intent.phrases[0] == "change my address"


@pytest.mark.parametrize(
    ("step", "field"),
    [
        ({**STEP, "condition": "size(pairs == "}, "condition"),
        ({**STEP, "text": "Hello {{ name + }}"}, "text"),
        ({**STEP, "text": ""}, "text"),
        ({**STEP, "kind": "compute", "expression": "1 +"}, "expression"),
        ({**STEP, "kind": "look_up", "capability": ""}, "capability"),
        ({**STEP, "kind": "act", "capability": "billing.refund_charge", "arguments": "no colon"}, "arguments"),
        (
            {**STEP, "kind": "act", "capability": "billing.refund_charge", "arguments": "charge_id: charge."},
            "arguments",
        ),
        ({**STEP, "kind": "act", "capability": "billing.refund_charge", "arguments": "amount_cents: 1"}, "arguments"),
        ({**STEP, "kind": "look_up", "capability": "billing.find_charges", "arguments": "who: 'Ana'"}, "arguments"),
        ({**STEP, "kind": "look_up", "capability": "billing.find_charge"}, "capability"),
        ({**STEP, "kind": "hand_off", "reason": ""}, "reason"),
        ({**STEP, "kind": "confirm", "text": "Sure?", "label": "Yes", "on_no": ""}, "on_no"),
        ({**STEP, "key": ""}, "key"),
        ({**STEP, "key": "two words"}, "key"),
    ],
)
def test_what_does_not_work_is_refused_at_its_field(lead, step, field):
    response = lead.post(ADD, form(step))
    (found,) = errors_of(response)
    assert field in found
    assert not Procedure.objects.exists()
    assert not Intent.objects.exists(), "nothing is stored of a page with errors"


def test_the_message_says_where_an_expression_breaks(lead):
    response = lead.post(ADD, form({**STEP, "condition": "size(pairs == "}))
    assert "At character" in response.content.decode()


def test_a_name_that_nothing_gives_is_refused_at_its_field(lead):
    response = lead.post(ADD, form({**STEP, "text": "Hello {{ contac.name }}"}))
    (found,) = errors_of(response)
    assert "did you mean contact?" in found["text"][0]
    assert not Procedure.objects.exists()


def test_names_follow_the_order_that_was_dragged(lead):
    ask = {"kind": "ask", "key": "street", "text": "Which street?"}
    say = {**STEP, "text": "Changed to {{ street }}."}
    response = lead.post(ADD, form({**ask, "position": "1"}, {**say, "position": "0"}))
    assert "only earlier steps" in errors_of(response)[1]["text"][0]
    assert lead.post(ADD, form({**say, "position": "1"}, {**ask, "position": "0"})).status_code == 302


def test_a_step_that_is_deleted_gives_no_name(lead):
    ask = {"position": "0", "kind": "ask", "key": "street", "text": "Which street?", "DELETE": "on"}
    response = lead.post(ADD, form(ask, {**STEP, "position": "1", "text": "{{ street }}"}))
    assert "text" in errors_of(response)[1]


def test_an_error_elsewhere_in_a_step_does_not_hide_its_name(lead):
    ask = {"position": "0", "kind": "ask", "key": "street", "text": ""}
    response = lead.post(ADD, form(ask, {**STEP, "position": "1", "text": "{{ street }}"}))
    assert errors_of(response) == [{"text": ["This kind of step needs it."]}, {}]


def test_the_page_opens_a_step_that_is_added(lead):
    assert "supportai/js/admin_steps.js" in lead.get(ADD).content.decode()


def test_a_mistyped_capability_names_the_near_ones(lead):
    response = lead.post(ADD, form({**STEP, "kind": "look_up", "capability": "billing.find_charge"}))
    (found,) = errors_of(response)
    assert "billing.find_charges" in found["capability"][0]


def test_two_steps_of_one_name_are_refused(lead):
    response = lead.post(ADD, form(STEP, {**STEP, "position": "1"}))
    assert response.status_code == 200
    assert not Procedure.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"new_intent": ""}, "intent"),
        ({"new_intent": "Known"}, "new_intent"),
        ({"new_intent": "???"}, "new_intent"),
        ({"examples": "one\ntwo\nthree\nfour"}, "examples"),
        ({"examples": "\n".join(["Same words"] * 3 + ["same words"] * 3)}, "examples"),
    ],
)
def test_an_intent_needs_one_name_and_five_different_examples(lead, fields, field):
    IntentFactory(slug="known")
    response = lead.post(ADD, form(STEP, **fields))
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors


def test_with_few_examples_it_can_be_stored_switched_off(lead):
    data = form(STEP, examples="one")
    del data["is_enabled"]
    assert lead.post(ADD, data).status_code == 302
    assert Procedure.objects.get().is_enabled is False


def test_an_intent_and_a_new_name_at_once_are_refused(lead):
    response = lead.post(ADD, form(STEP, intent=str(IntentFactory().pk)))
    assert "intent" in response.context["adminform"].form.errors


def test_editing_shows_what_is_stored_and_keeps_the_intent(lead):
    procedure = ProcedureFactory(intent=IntentFactory(name="Refund", examples=EXAMPLES))
    step = ProcedureStepFactory(
        procedure=procedure, key="charges", capability="billing.find_invoices", arguments={"number": "named[0]"}
    )
    html = lead.get(change_url(procedure)).content.decode()
    assert "new billing address" in html
    assert "number: named[0]" in html
    data = form(
        {**STEP, "kind": "look_up", "key": "charges", "capability": "billing.find_charges", "id": str(step.pk)},
        intent=str(IntentFactory().pk),
        examples=EXAMPLES + "\nand a sixth one",
        **{"steps-INITIAL_FORMS": "1", "steps-0-procedure": str(procedure.pk)},
    )
    response = lead.post(change_url(procedure), data)
    assert response.status_code == 302, errors_of(response)
    procedure.refresh_from_db()
    assert procedure.intent.name == "Refund"
    assert len(procedure.intent.phrases) == 6


def test_every_change_is_kept_with_its_author(lead):
    lead.post(ADD, form(STEP))
    procedure = Procedure.objects.get()
    record = procedure.history.latest()
    assert record.history_user == UserFactory._meta.model.objects.get(email=record.history_user.email)
    assert lead.get(f"/admin/tickets/procedure/{procedure.pk}/history/").status_code == 200


def test_the_list_says_what_each_is_worth(lead):
    ProcedureFactory(is_enabled=False)
    ProcedureFactory()
    ProcedureStepFactory()
    html = lead.get("/admin/tickets/procedure/").content.decode()
    assert all(state in html for state in ("Off", "Empty", "On"))


def test_the_list_takes_the_same_queries_whatever_its_length(lead, django_assert_max_num_queries):
    for _ in range(5):
        ProcedureStepFactory()
    lead.get("/admin/tickets/procedure/")
    with django_assert_max_num_queries(12):
        lead.get("/admin/tickets/procedure/")
