"""A desk on real rows, to which a customer writes."""

import uuid
from collections.abc import Callable
from typing import Any

from accounts.models import Team
from accounts.tests.factories import BrandFactory, ContactFactory, OrganizationFactory
from integrations.models import SandboxCharge
from integrations.services.sandbox import ensure_sandbox
from supportai.core import clock
from tickets.models import AgentConfiguration, AgentRun, Intent, Message, Procedure, Stage, Ticket
from tickets.services import messages

PHRASES = {
    "double_charge": "I was charged twice\nyou billed me two times this month\nthere are two identical payments on my card\nduplicate charge on my statement\nwhy did you take the money twice",
    "how_to": "how do I export my data\nwhere can I change my avatar\nhow can I invite a colleague\nwhat does the calendar view do\nis there a keyboard shortcut",
    "feature_request": "please add a dark mode\nit would be great to have a mobile app\ncan you build an integration with X\nI wish I could sort by colour\nfeature idea: recurring tasks",
    "other": "the weather is nice today\nwhat is the capital of France\nmy dog likes football\nI am writing a novel\nsing me a song",
}
STEPS = (
    {"key": "found", "kind": "look_up", "capability": "billing.find_charges"},
    {
        "key": "pair",
        "kind": "compute",
        "expression": "found.charges.filter(c, c.refundable_cents == c.amount_cents && found.charges.exists(d, d.id != c.id && d.amount_cents == c.amount_cents && days_between(c.created, d.created) <= 3.0) && !(c.id in rejected))",
    },
    {
        "key": "none",
        "kind": "say",
        "condition": "size(pair) == 0",
        "text": "I see no two equal charges, so I changed nothing.",
    },
    {"key": "charge", "kind": "compute", "expression": "pair[size(pair) - 1]"},
    {
        "key": "agreed",
        "kind": "confirm",
        "text": "Two equal charges of {{ money(charge.amount_cents, charge.currency) }}. Shall I refund {{ charge.id }}?",
        "label": "Refund {{ money(charge.amount_cents, charge.currency) }}",
        "card": {"Charge": "{{ charge.id }}"},
        "on_no": "All right, nothing was refunded.",
    },
    {
        "key": "refund",
        "kind": "act",
        "capability": "billing.refund_charge",
        "arguments": {"charge_id": "charge.id", "amount_cents": "charge.amount_cents"},
    },
    {
        "key": "done",
        "kind": "say",
        "text": "I have refunded {{ money(refund.amount_cents, refund.currency) }}, reference {{ refund.refund_id }}.",
        "label": "Refunded {{ money(refund.amount_cents, refund.currency) }}",
        "ledger": "verified",
    },
)


class Desk:
    """Intents, one procedure, the sandbox, and a verified customer with two equal charges."""

    def __init__(self, callbacks: Callable[..., Any]) -> None:
        self.callbacks = callbacks
        AgentConfiguration.objects.create()
        Team.objects.create(slug="general", name="General", is_default=True)
        billing = Team.objects.create(slug="billing", name="Billing")
        for slug, phrases in PHRASES.items():
            intent = Intent.objects.create(
                slug=slug,
                name=slug,
                examples=phrases,
                is_how_to=slug == "how_to",
                team=billing if slug == "double_charge" else None,
            )
            Stage.objects.create(intent=intent)
        procedure = Procedure.objects.create(intent=Intent.objects.get(slug="double_charge"))
        for position, step in enumerate(STEPS):
            procedure.steps.create(position=position, **step)
        ensure_sandbox()
        self.brand = BrandFactory(languages=["en"])
        self.contact = ContactFactory(
            email="ana@northwind.example", is_verified=True, organization=OrganizationFactory(name="Northwind")
        )
        for number in (1, 2):
            SandboxCharge.objects.create(
                id=f"ch_{number}",
                contact="ana@northwind.example",
                amount_cents=4900,
                currency="usd",
                created=clock.now(),
            )
        self.ticket = None

    def say(self, text: str, level: str = "signed") -> str:
        with self.callbacks(execute=True):
            message = messages.post_customer_message(
                contact_id=self.contact.pk,
                brand_id=self.brand.pk,
                ticket_public_id=self.ticket.public_id if self.ticket else None,
                client_id=uuid.uuid4(),
                text=text,
                identity_level=level,
            )
        self.ticket = Ticket.objects.get(pk=message.ticket_id)
        return self.replies()[-1] if self.replies() else ""

    def replies(self) -> list[str]:
        return [m.body for m in self.ticket.messages.filter(author=Message.Author.AI_AGENT)]

    def refunded(self) -> list[int]:
        return sorted(SandboxCharge.objects.values_list("refunded_cents", flat=True))

    def run(self) -> AgentRun:
        return self.ticket.runs.order_by("-pk").first()
