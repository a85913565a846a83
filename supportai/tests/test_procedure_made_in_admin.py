"""A procedure made in the admin with five trigger examples works without code, beside the eleven of the demo."""

import uuid

import pytest
from django.test import Client

from accounts.tests.factories import BrandFactory, ContactFactory, UserFactory
from integrations.models import ActionExecution, SandboxIssue
from integrations.services.sandbox import ensure_sandbox
from supportai.core import clock
from supportai.demo.configuration import load_configuration
from tickets.models import AgentConfiguration, Message, Procedure, Ticket
from tickets.services import messages
from tickets.services.procedures import draft_of, unknown_names

EXAMPLES = (
    "our office has moved, please ship hardware elsewhere",
    "change the delivery address for equipment",
    "new shipping address for our time clocks",
    "you have an old address of ours on file for parcels",
    "send future devices to another street",
)
STEPS = (
    {"kind": "ask", "key": "address", "text": "What is the new address?", "expression": '".{8,}"'},
    {
        "kind": "confirm",
        "key": "agreed",
        "text": "Shall I ask our warehouse to ship to {{ address }} from now on?",
        "label": "Ship to {{ address }}",
        "on_no": "All right, the address stays as it is.",
    },
    {
        "kind": "act",
        "key": "issue",
        "capability": "issues.file",
        "arguments": "title: \"'New shipping address of ' + contact.organization\"\nbody: address",
    },
    {
        "kind": "say",
        "key": "done",
        "text": "I have filed it for our warehouse as {{ issue.issue_id }}.",
        "label": "Address passed on",
        "ledger": "verified",
    },
)


def make_in_admin() -> None:
    """Fill in the admin's page as a lead would."""
    client = Client()
    client.force_login(UserFactory(role="lead"))
    data = {
        "new_intent": "A new shipping address",
        "intent": "",
        "examples": "\n".join(EXAMPLES),
        "is_enabled": "on",
        "needs_identity": "on",
        "guidance": "",
        "steps-TOTAL_FORMS": str(len(STEPS)),
        "steps-INITIAL_FORMS": "0",
    }
    for number, step in enumerate(STEPS):
        data |= {f"steps-{number}-{name}": value for name, value in {"position": str(number), **step}.items()}
    response = client.post("/admin/tickets/procedure/add/", data)
    assert response.status_code == 302, response.content.decode()[:2000]


@pytest.mark.django_db
def test_a_procedure_made_in_the_admin_is_followed(django_capture_on_commit_callbacks):
    load_configuration()
    # Training the head on a busy machine is none of the run's limits.
    AgentConfiguration.objects.update(max_seconds=3600, updated_at=clock.now())
    ensure_sandbox()
    make_in_admin()
    brand = BrandFactory(languages=["en"])
    contact = ContactFactory(email="ana@northwind.example", is_verified=True)
    ticket = None

    def say(text: str) -> str:
        nonlocal ticket
        with django_capture_on_commit_callbacks(execute=True):
            message = messages.post_customer_message(
                contact_id=contact.pk,
                brand_id=brand.pk,
                ticket_public_id=ticket.public_id if ticket else None,
                client_id=uuid.uuid4(),
                text=text,
                identity_level="signed",
            )
        ticket = Ticket.objects.get(pk=message.ticket_id)
        return ticket.messages.filter(author=Message.Author.AI_AGENT).order_by("-sequence").first().body

    assert say("We relocated last week. Can parcels with clocks go to a different place?") == "What is the new address?"
    assert "Shall I ask our warehouse to ship to 12 Harbour Street, Ghent" in say("12 Harbour Street, Ghent")
    assert not ActionExecution.objects.exists()
    assert "iss_1" in say("yes, that is right")
    assert SandboxIssue.objects.get().body == "12 Harbour Street, Ghent"
    ticket.refresh_from_db()
    assert (ticket.status, ticket.ledger, ticket.intent) == ("resolved", "verified", "a_new_shipping_address")


@pytest.mark.django_db
def test_the_demos_own_procedures_read_only_what_is_there():
    load_configuration()
    for procedure in Procedure.objects.all():
        found = unknown_names([draft_of(step) for step in procedure.steps.all()])
        assert not any(found), procedure.slug
