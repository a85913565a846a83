"""Billing actions of the sandbox: charges, refunds, credits, subscriptions, invoices."""

from typing import Literal

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Sum
from pydantic import Field

from integrations.actions import Amount, BoundIdentity, Params, Risk, action
from integrations.connectors.sandbox.client import SandboxConnector, find_row, new_id, put_back
from integrations.connectors.sandbox.ownership import BILLING_ROLES, owned_rows, owns
from integrations.errors import ActionRefusedError, ConnectorError
from integrations.models import (
    ActionExecution,
    SandboxCharge,
    SandboxCredit,
    SandboxInvoice,
    SandboxRefund,
    SandboxSubscription,
)
from supportai.core.cel import money
from supportai.core.models import JSONDict

Plan = Literal["free", "starter", "pro", "business", "enterprise"]


class Nothing(Params):
    """No arguments: the contact is bound by the platform."""


class RefundCharge(Params):
    """One charge, and how much of it."""

    charge_id: str = Field(max_length=60, description="Id of the charge, from find_charges.")
    amount_cents: int | None = Field(default=None, gt=0, description="Smallest unit; the whole rest when left out.")


class ApplyCredit(Params):
    """How much, and why."""

    amount_cents: int = Field(gt=0, description="In the smallest unit of the currency.")
    currency: str = Field(pattern=r"^[a-z]{3}$")
    reason: str = Field(min_length=1, max_length=300)


class ChangePlan(Params):
    """Which subscription, and the new plan."""

    subscription_id: str = Field(max_length=60)
    plan: Plan


class CancelSubscription(Params):
    """Which subscription."""

    subscription_id: str = Field(max_length=60)


class FindInvoices(Params):
    """Which invoice, or all."""

    number: str | None = Field(default=None, max_length=60)


class SendInvoice(Params):
    """Which invoice."""

    invoice_id: str = Field(max_length=60)


def _charge_data(charge: SandboxCharge) -> JSONDict:
    return {
        "id": charge.pk,
        "amount_cents": charge.amount_cents,
        "currency": charge.currency,
        "refunded_cents": charge.refunded_cents,
        "refundable_cents": charge.rest_cents,
        "status": charge.status,
        "created": charge.created.isoformat(),
        "description": charge.description,
        "contact": charge.contact,
        "organization": charge.organization,
    }


@action(name="sandbox.find_charges", capability="billing.find_charges", risk=Risk.READ, params=Nothing)
def find_charges(
    connector: SandboxConnector, params: Nothing, *, identity: BoundIdentity, idempotency_key: str
) -> JSONDict:
    """List the customer's charges, oldest first."""
    rows = owned_rows(SandboxCharge, identity, BILLING_ROLES)
    return connector.read(
        "sandbox.find_charges", lambda: {"charges": [_charge_data(c) for c in rows.order_by("created", "pk")]}
    )


def _refund_amount(_connector: SandboxConnector, params: RefundCharge) -> Amount:
    charge = find_row(SandboxCharge, params.charge_id)
    rest = charge.rest_cents
    cents = rest if params.amount_cents is None else params.amount_cents
    if cents <= 0 or cents > rest:
        raise ActionRefusedError(
            "amount_too_high", f"Of {charge.pk} only {money(rest, charge.currency)} can be refunded."
        )
    return Amount(cents=cents, currency=charge.currency)


@action(
    name="sandbox.refund_charge",
    capability="billing.refund_charge",
    risk=Risk.CRITICAL,
    params=RefundCharge,
    owner=owns(SandboxCharge, "charge_id", BILLING_ROLES),
    amount=_refund_amount,
    reconcile=SandboxConnector.outcome_of,
    needs_confirmation=True,
)
def refund_charge(
    connector: SandboxConnector, params: RefundCharge, *, identity: BoundIdentity, idempotency_key: str
) -> JSONDict:
    """Give back all or part of a paid charge. Ask the customer to confirm charge and amount first."""

    def change() -> JSONDict:
        charge = find_row(SandboxCharge, params.charge_id, for_update=True)
        rest = charge.rest_cents
        cents = rest if params.amount_cents is None else params.amount_cents
        if not 0 < cents <= rest:
            raise ConnectorError(f"Only {money(rest, charge.currency)} of {charge.pk} can be refunded.", permanent=True)
        charge.refunded_cents += cents
        charge.status = "refunded" if charge.refunded_cents == charge.amount_cents else "paid"
        charge.save(update_fields=["refunded_cents", "status"])
        refund = SandboxRefund.objects.create(
            id=new_id(SandboxRefund), charge=charge.pk, amount_cents=cents, currency=charge.currency
        )
        return {
            "refund_id": refund.pk,
            "charge_id": charge.pk,
            "amount_cents": cents,
            "currency": charge.currency,
            "status": "succeeded",
        }

    return connector.write("sandbox.refund_charge", idempotency_key, change)


def _is_owed(_connector: SandboxConnector, params: ApplyCredit, identity: BoundIdentity) -> None:
    """Refuse a credit that is more than what could be refunded in that currency and was not credited yet."""
    charges = [c for c in owned_rows(SandboxCharge, identity, BILLING_ROLES) if c.currency == params.currency]
    rest = sum(charge.rest_cents for charge in charges)
    earlier = SandboxCredit.objects.filter(contact__iexact=identity.email, currency=params.currency, status="active")
    owed = rest - (earlier.aggregate(total=Sum("amount_cents"))["total"] or 0)
    if params.amount_cents > owed:
        raise ActionRefusedError("amount_too_high", f"At most {money(max(owed, 0), params.currency)} can be credited.")


def _void_credit(_connector: SandboxConnector, execution: ActionExecution) -> None:
    put_back(SandboxCredit, execution.result["credit_id"], "status", made="active", old="void")


@action(
    name="sandbox.apply_credit",
    capability="billing.apply_credit",
    risk=Risk.WRITE,
    params=ApplyCredit,
    owner=_is_owed,
    amount=lambda _connector, params: Amount(cents=params.amount_cents, currency=params.currency),
    reconcile=SandboxConnector.outcome_of,
    undo=_void_credit,
    needs_confirmation=True,
)
def apply_credit(
    connector: SandboxConnector, params: ApplyCredit, *, identity: BoundIdentity, idempotency_key: str
) -> JSONDict:
    """Put a credit on the customer's account, instead of a refund that is owed. Ask the customer to confirm first."""

    def change() -> JSONDict:
        credit = SandboxCredit.objects.create(
            id=new_id(SandboxCredit),
            contact=identity.email,
            amount_cents=params.amount_cents,
            currency=params.currency,
            reason=params.reason,
        )
        return {"credit_id": credit.pk, "amount_cents": credit.amount_cents, "currency": credit.currency}

    return connector.write("sandbox.apply_credit", idempotency_key, change)


def _subscription_data(row: SandboxSubscription) -> JSONDict:
    renews = row.renews.isoformat() if row.renews else None
    return {"id": row.pk, "plan": row.plan, "status": row.status, "renews": renews, "organization": row.organization}


@action(name="sandbox.get_subscription", capability="billing.get_subscription", risk=Risk.READ, params=Nothing)
def get_subscription(
    connector: SandboxConnector, params: Nothing, *, identity: BoundIdentity, idempotency_key: str
) -> JSONDict:
    """Look up the customer's subscriptions, with plan, status and renewal."""
    rows = owned_rows(SandboxSubscription, identity, BILLING_ROLES)
    return connector.read(
        "sandbox.get_subscription", lambda: {"subscriptions": [_subscription_data(row) for row in rows]}
    )


def _old_plan(_connector: SandboxConnector, execution: ActionExecution) -> None:
    done = execution.result
    put_back(SandboxSubscription, done["subscription_id"], "plan", made=done["plan"], old=done["old_plan"])


@action(
    name="sandbox.change_plan",
    capability="billing.change_plan",
    risk=Risk.WRITE,
    params=ChangePlan,
    owner=owns(SandboxSubscription, "subscription_id", BILLING_ROLES),
    reconcile=SandboxConnector.outcome_of,
    undo=_old_plan,
    needs_confirmation=True,
)
def change_plan(
    connector: SandboxConnector, params: ChangePlan, *, identity: BoundIdentity, idempotency_key: str
) -> JSONDict:
    """Move a subscription to another plan at once. Ask the customer to confirm the plan first."""

    def change() -> JSONDict:
        row = find_row(SandboxSubscription, params.subscription_id, for_update=True)
        if row.status == "cancelled":
            raise ConnectorError(f"{row.pk} is cancelled.", permanent=True)
        old, row.plan = row.plan, params.plan
        row.save(update_fields=["plan"])
        return {"subscription_id": row.pk, "plan": row.plan, "old_plan": old}

    return connector.write("sandbox.change_plan", idempotency_key, change)


def _resume(_connector: SandboxConnector, execution: ActionExecution) -> None:
    done = execution.result
    put_back(SandboxSubscription, done["subscription_id"], "status", made=done["status"], old=done["old_status"])


@action(
    name="sandbox.cancel_subscription",
    capability="billing.cancel_subscription",
    risk=Risk.CRITICAL,
    params=CancelSubscription,
    owner=owns(SandboxSubscription, "subscription_id", BILLING_ROLES),
    reconcile=SandboxConnector.outcome_of,
    undo=_resume,
    needs_confirmation=True,
)
def cancel_subscription(
    connector: SandboxConnector, params: CancelSubscription, *, identity: BoundIdentity, idempotency_key: str
) -> JSONDict:
    """Cancel a subscription at the end of the paid period. Ask the customer to confirm first; never for an order."""

    def change() -> JSONDict:
        row = find_row(SandboxSubscription, params.subscription_id, for_update=True)
        old = row.status
        row.status = "cancelling" if old in {"active", "past_due"} else old
        row.save(update_fields=["status"])
        renews = row.renews.isoformat() if row.renews else None
        return {"subscription_id": row.pk, "status": row.status, "old_status": old, "ends": renews}

    return connector.write("sandbox.cancel_subscription", idempotency_key, change)


def _invoice_data(row: SandboxInvoice) -> JSONDict:
    return {
        "id": row.pk,
        "number": row.number,
        "charge": row.charge,
        "amount_cents": row.amount_cents,
        "currency": row.currency,
        "created": row.created.isoformat(),
        "url": row.url,
    }


@action(name="sandbox.find_invoices", capability="billing.find_invoices", risk=Risk.READ, params=FindInvoices)
def find_invoices(
    connector: SandboxConnector, params: FindInvoices, *, identity: BoundIdentity, idempotency_key: str
) -> JSONDict:
    """List the customer's invoices, oldest first; with a number, only that one."""
    rows = owned_rows(SandboxInvoice, identity, BILLING_ROLES)
    if params.number:
        rows = rows.filter(number__iexact=params.number)
    return connector.read(
        "sandbox.find_invoices", lambda: {"invoices": [_invoice_data(i) for i in rows.order_by("created", "pk")]}
    )


@action(
    name="sandbox.send_invoice",
    capability="billing.send_invoice",
    risk=Risk.WRITE,
    params=SendInvoice,
    owner=owns(SandboxInvoice, "invoice_id", BILLING_ROLES),
    reconcile=SandboxConnector.outcome_of,
)
def send_invoice(
    connector: SandboxConnector, params: SendInvoice, *, identity: BoundIdentity, idempotency_key: str
) -> JSONDict:
    """Send an invoice again, always to the customer's own address."""
    invoice = find_row(SandboxInvoice, params.invoice_id)
    name = invoice.number or invoice.pk
    link = f"\n\n{invoice.url}" if invoice.url else ""
    message = EmailMessage(
        f"Your invoice {name}",
        f"Hello {identity.name or identity.email},\n\nhere is your invoice {name}.{link}",
        settings.DEFAULT_FROM_EMAIL,
        [identity.email],
    )
    result = {"invoice_id": invoice.pk, "number": invoice.number, "sent_to": identity.email}
    return connector.send("sandbox.send_invoice", idempotency_key, message, result)
