"""The whole loop on real rows: a question in, an action or an answer out."""

import pytest

from integrations.models import ActionExecution, SandboxFault
from supportai.core import clock
from tickets.models import AgentConfiguration, AgentRun, AgentStep, Handoff, Stage
from tickets.services import lifecycle
from tickets.services.packet import packet_text

pytestmark = pytest.mark.django_db


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
