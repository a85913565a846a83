import json
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.tests.factories import ContactFactory
from integrations.models import ActionExecution, ActionPolicy, Approval, Installation
from supportai.core import clock
from tickets.tests.factories import TicketFactory

HTMX = {"HX-Request": "true"}
APPROVALS = "/approvals/"


def make_approval(*, amount_cents: int | None = 4900, ticket=None, **fields) -> Approval:
    ticket = ticket or TicketFactory(contact=ContactFactory(name="Ana Ruiz"))
    installation, _ = Installation.objects.get_or_create(kind="sandbox", name="Sandbox")
    execution = ActionExecution.objects.create(
        idempotency_key=uuid.uuid4(),
        capability="billing.refund_charge",
        action="sandbox.refund_charge",
        risk="critical",
        installation=installation,
        contact=ticket.contact,
        identity_level="signed",
        caller="run:x:1",
        episode=f"ticket:{ticket.public_id}:1",
        confirmation="yes",
        actor_kind="ai_agent",
        arguments={"charge_id": "ch_2", "amount_cents": amount_cents},
        amount_cents=amount_cents,
        currency="usd",
        state=ActionExecution.State.PLANNED,
    )
    fields = {"reason": "Above the limit.", "expires_at": clock.now() + timedelta(hours=2)} | fields
    return Approval.objects.create(execution=execution, **fields)


def url(name: str, approval: Approval) -> str:
    return reverse(f"tickets:{name}", args=[approval.public_id])


def test_the_exact_call_is_shown_with_why_it_asks(lead):
    approval = make_approval()
    html = lead.get(APPROVALS).content.decode()
    for text in (
        "1 call waits for a person",
        "Refund charge of $49.00 for Ana Ruiz",
        "<code>sandbox.refund_charge</code>",
        '<th scope="row">charge_id</th><td>ch_2</td>',
        "Above the limit.",
        "verified by sign-in",
        "Cannot be undone",
        "then: not done",
        "Refund $49.00 <kbd>A</kbd>",
    ):
        assert text in html
    assert f"ticket:{approval.execution.episode}" not in html


def test_a_yes_approves_the_call(lead, ines):
    approval = make_approval()
    response = lead.post(url("approve", approval), headers=HTMX)
    approval.refresh_from_db()
    assert approval.state == Approval.State.APPROVED
    assert approval.decisions[0]["user_id"] == ines.pk
    assert "live:counts" in json.loads(response["HX-Trigger"])
    assert f'id="approval-{approval.public_id}"' in response.content.decode()


def test_the_count_follows_in_the_same_response(lead):
    first, _second = make_approval(), make_approval()
    html = lead.post(url("approve", first), headers=HTMX).content.decode()
    assert '<h1 id="approvals-title" hx-swap-oob="true">1 call waits for a person</h1>' in html


def test_amounts_are_money_and_the_limit_is_named(lead):
    ActionPolicy.objects.create(capability="billing.refund_charge", limit_cents=2_500)
    make_approval(reason="Above the limit per contact and day.")
    html = lead.get(APPROVALS).content.decode()
    assert '<th scope="row">amount</th><td>$49.00</td>' in html
    assert "amount_cents" not in html
    assert "Above the limit of $25.00 per contact and day." in html


def test_another_reason_stays_as_it_is(lead):
    ActionPolicy.objects.create(capability="billing.refund_charge", limit_cents=2_500)
    make_approval(reason="This intent is at the stage approval.")
    assert "This intent is at the stage approval." in lead.get(APPROVALS).content.decode()


def test_a_no_keeps_its_reason_and_calls_nothing(lead):
    approval = make_approval()
    lead.post(url("deny", approval), {"why": "Already refunded by hand"}, headers=HTMX)
    approval.refresh_from_db()
    assert approval.state == Approval.State.DENIED
    assert approval.decisions[0]["why"] == "Already refunded by hand"
    assert approval.execution.state == ActionExecution.State.FAILED


def test_two_people_are_needed_where_two_are_asked_for(lead):
    approval = make_approval(needed=2)
    html = lead.post(url("approve", approval), headers=HTMX).content.decode()
    approval.refresh_from_db()
    assert approval.state == Approval.State.PENDING
    assert "You said yes. 1 more needed." in html
    assert lead.post(url("approve", approval), headers=HTMX).status_code == 409


def test_an_agent_approves_only_up_to_the_own_limit(agent, jonas):
    jonas.approval_limit_cents = 5_000
    jonas.save()
    small, large = make_approval(amount_cents=5_000), make_approval(amount_cents=5_001)
    assert "Above your limit of $50.00" in agent.get(APPROVALS).content.decode()
    assert agent.post(url("approve", small), headers=HTMX).status_code == 200
    assert agent.post(url("approve", large), headers=HTMX).status_code == 403
    large.refresh_from_db()
    assert large.state == Approval.State.PENDING


@pytest.mark.parametrize("name", ["approve", "deny"])
def test_who_may_only_read_decides_nothing(overseer, name):
    approval = make_approval()
    assert overseer.post(url(name, approval), headers=HTMX).status_code == 403
    approval.refresh_from_db()
    assert approval.state == Approval.State.PENDING


def test_what_ran_out_cannot_be_approved_any_more(lead):
    approval = make_approval(expires_at=clock.now() - timedelta(minutes=1))
    assert lead.post(url("approve", approval), headers=HTMX).status_code == 409


def test_what_was_decided_is_listed_with_who_and_why(lead):
    approval = make_approval()
    lead.post(url("deny", approval), {"why": "Offered a call first"})
    html = lead.get(APPROVALS).content.decode()
    assert "Nothing waits for a yes" in html
    assert "Offered a call first" in html
    assert "Ines Moreau" in html


def test_an_approval_that_does_not_exist_is_said_so(lead):
    assert lead.post(reverse("tickets:approve", args=[uuid.uuid4()]), headers=HTMX).status_code == 404


def test_an_execution_without_a_ticket_is_shown_too(lead):
    approval = make_approval()
    ActionExecution.objects.update(episode="import:7")
    assert lead.get(APPROVALS).status_code == 200
    ActionExecution.objects.update(episode="ticket:nonsense:1")
    assert approval.execution.action in lead.get(APPROVALS).content.decode()


def test_the_page_takes_as_many_queries_for_ten_as_for_one(lead, django_assert_num_queries):
    make_approval()
    with django_assert_num_queries(14):
        lead.get(APPROVALS)
    for _ in range(9):
        make_approval()
    with django_assert_num_queries(14):
        lead.get(APPROVALS)


def test_an_agent_does_not_approve_what_is_critical_and_has_no_amount(agent):
    approval = make_approval(amount_cents=None)
    assert agent.post(url("approve", approval), headers=HTMX).status_code == 403
    assert agent.post(url("deny", approval), headers=HTMX).status_code == 200
