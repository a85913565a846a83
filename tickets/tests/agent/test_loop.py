"""The whole loop on real rows: a question in, an action or an answer out."""

import uuid

import pytest

from accounts.models import Team
from accounts.tests.factories import BrandFactory, ContactFactory, OrganizationFactory
from integrations.models import ActionExecution, SandboxCharge, SandboxFault
from integrations.services.sandbox import ensure_sandbox
from supportai.core import clock
from tickets.models import AgentConfiguration, AgentRun, AgentStep, Handoff, Intent, Message, Procedure, Stage, Ticket
from tickets.services import lifecycle, messages
from tickets.services.packet import packet_text

pytestmark = pytest.mark.django_db

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


@pytest.fixture
def desk(django_capture_on_commit_callbacks):
    """Give a small desk: intents, one procedure, the sandbox, and a verified customer with two equal charges."""
    return Desk(django_capture_on_commit_callbacks)


class Desk:
    def __init__(self, callbacks):
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

    def say(self, text, level="signed"):
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

    def replies(self):
        return [m.body for m in self.ticket.messages.filter(author=Message.Author.AI_AGENT)]

    def refunded(self):
        return sorted(SandboxCharge.objects.values_list("refunded_cents", flat=True))

    def run(self):
        return self.ticket.runs.order_by("-pk").first()


def test_a_double_charge_is_refunded_once_after_a_yes(desk):
    assert "Shall I refund" in desk.say("I think you charged me twice for the same month?")
    assert desk.run().state == AgentRun.State.WAITING_CUSTOMER
    assert desk.refunded() == [0, 0]
    assert "I have refunded $49.00, reference re_1" in desk.say("yes please")
    assert desk.refunded() == [0, 4900]
    desk.ticket.refresh_from_db()
    assert (desk.ticket.status, desk.ticket.ledger, desk.ticket.intent) == ("resolved", "verified", "double_charge")
    assert desk.ticket.team.slug == "billing"
    kinds = list(AgentStep.objects.filter(run__ticket=desk.ticket).values_list("kind", flat=True))
    assert kinds == ["understand", "act", "ask", "understand", "act", "answer", "resolve"]


def test_a_second_yes_refunds_nothing_more(desk):
    desk.say("I was billed twice")
    desk.say("yes")
    desk.say("yes")
    assert desk.refunded() == [0, 4900]
    assert ActionExecution.objects.filter(capability="billing.refund_charge").count() == 1


def test_a_no_ends_without_a_refund(desk):
    desk.say("I was billed twice")
    assert "nothing was refunded" in desk.say("no thanks")
    assert desk.refunded() == [0, 0]


def test_the_other_one_voids_the_question_and_is_asked_about(desk):
    first = desk.say("I was billed twice")
    second = desk.say("yes, but the other one please")
    assert first != second
    assert "Shall I refund" in second
    assert desk.refunded() == [0, 0]
    desk.say("yes")
    assert desk.refunded() == [0, 4900]


def test_an_anonymous_visitor_gets_no_look_up_and_no_refund(desk):
    reply = desk.say("I was billed twice", level="anonymous")
    assert "signed in" in reply
    assert not ActionExecution.objects.exists()


def test_an_unknown_question_is_handed_off_honestly(desk):
    desk.say("How do I set up the flux capacitor for time travel?")
    handoff = Handoff.objects.get(ticket=desk.ticket)
    assert handoff.reason == "missing_knowledge"
    assert "I don't know" in desk.replies()[-1]
    assert "flux capacitor" in packet_text(handoff.packet)
    desk.ticket.refresh_from_db()
    assert desk.ticket.is_with_person


def test_a_request_for_a_person_reaches_one_at_once(desk):
    desk.say("Can I talk to a human please")
    assert Handoff.objects.get(ticket=desk.ticket).reason == "customer_request"
    assert desk.run().state == AgentRun.State.HANDED_OFF


def test_a_failing_tool_is_tried_twice_and_then_handed_off_without_a_claim(desk):
    SandboxFault.objects.create(action="sandbox.refund_charge", kind="error", times=9)
    desk.say("I was billed twice")
    desk.say("yes")
    assert Handoff.objects.get(ticket=desk.ticket).reason == "tool_failure"
    assert desk.refunded() == [0, 0]
    assert not any("have refunded" in reply for reply in desk.replies())


def test_a_time_out_after_the_change_is_looked_up_and_not_repeated(desk):
    SandboxFault.objects.create(action="sandbox.refund_charge", kind="timeout_after", times=1)
    desk.say("I was billed twice")
    assert "I have refunded" in desk.say("yes")
    assert desk.refunded() == [0, 4900]


def test_an_intent_at_stage_off_is_handed_off_by_policy(desk):
    Stage.objects.filter(intent__slug="double_charge").update(level="off", updated_at=clock.now())
    desk.say("I was billed twice")
    assert Handoff.objects.get(ticket=desk.ticket).reason == "policy"
    assert not ActionExecution.objects.exists()


def test_at_stage_draft_staff_get_the_text_and_the_customer_a_notice(desk):
    Stage.objects.filter(intent__slug="double_charge").update(level="draft", updated_at=clock.now())
    desk.say("I was billed twice")
    assert "Shall I refund" in Handoff.objects.get(ticket=desk.ticket).packet["draft"]
    assert "Shall I refund" not in desk.replies()[-1]


def test_a_switched_off_agent_hands_everything_to_people(desk):
    AgentConfiguration.objects.update(is_on=False, updated_at=clock.now())
    desk.say("I was billed twice")
    assert desk.run().state == AgentRun.State.HANDED_OFF


def test_a_foreign_language_gets_one_sentence_in_it_and_a_person(desk):
    desk.say("Guten Tag, ich wurde diesen Monat leider zweimal belastet. Können Sie mir bitte helfen?")
    assert "Deutsch" in desk.replies()[-1]
    assert Handoff.objects.get(ticket=desk.ticket).reason == "policy"


def test_a_person_who_took_over_is_not_interrupted(desk, django_user_model):
    desk.say("I was billed twice")
    user = django_user_model.objects.create_user("ines@fernway.example", name="Ines")
    lifecycle.take_over(ticket_id=desk.ticket.pk, user_id=user.pk)
    before = len(desk.replies())
    desk.say("yes")
    assert len(desk.replies()) == before
    assert desk.refunded() == [0, 0]


def test_thanks_after_a_resolution_is_answered_and_confirmed(desk):
    desk.say("I was billed twice")
    desk.say("yes")
    assert "welcome" in desk.say("great, that solved it, thank you!")
    desk.ticket.refresh_from_db()
    assert (desk.ticket.episode, desk.ticket.ledger) == (2, "confirmed")
