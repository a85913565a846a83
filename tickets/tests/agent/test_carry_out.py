"""Each decision does what it says, and doing it twice does it once."""

import pytest

from accounts.tests.factories import UserFactory
from integrations.models import ActionExecution, SandboxCharge
from integrations.services import approvals
from integrations.services.calls import lease_end, run_approved
from integrations.tests.conftest import Shop
from integrations.tests.factories import SandboxChargeFactory
from tickets.agent import journal
from tickets.agent.carry_out import body_of, carry_out
from tickets.agent.context import build_context
from tickets.agent.policy import Act, Answer, Ask, Cited, HandOff, Resolve, Sentence
from tickets.errors import LeaseLostError
from tickets.models import AgentRun, AgentStep, Handoff, Stage, Ticket
from tickets.selectors_agent import agent_settings
from tickets.services import runs
from tickets.tests.agent.scripted import agent_texts
from tickets.tests.factories import IntentFactory
from tickets.tests.talk import claim, say

pytestmark = pytest.mark.django_db

State = AgentRun.State
HELLO = Answer(sentences=(Sentence(text="Good day."),))


@pytest.fixture
def streamed(monkeypatch) -> list[dict]:
    frames: list[dict] = []
    monkeypatch.setattr("tickets.agent.live.send_frame", lambda group, frame: frames.append(frame))
    return frames


class Scene:
    """A run of Ana's that a worker holds; `do` journals a decision and carries it out as often as told."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.run = claim(say(self.shop.ana, "Please help").ticket.runs.get())
        self.step: AgentStep

    def do(self, decision, times: int = 2) -> list[State | None]:
        self.step = journal.write_decision(self.run, decision, "Decided.")
        return [self.again() for _ in range(times)]

    def again(self) -> State | None:
        outcome = carry_out(self.run, self.step, build_context(self.run, agent_settings()))
        self.step.refresh_from_db()
        return outcome

    @property
    def ticket(self) -> Ticket:
        return Ticket.objects.get()


@pytest.fixture
def scene(streamed) -> Scene:
    return Scene()


# ---- say ----


def test_an_answer_is_posted_once_with_its_sources(scene):
    answer = Answer(
        sentences=(Sentence(text="Open Settings.", source=0), Sentence(text="It is there.", source=1)),
        sources=(Cited(title="Members", quote="Open Settings.", article_slug="members", start=2), Cited(title="Plans")),
        quick_replies=({"label": "Yes", "value": "Yes"},),
        card={"kind": "result", "title": "Done"},
        is_factual=True,
    )
    assert scene.do(answer) == [State.COMPLETED] * 2
    message = scene.run.messages.get()
    assert message.body == "Open Settings. [1] It is there. [2]"
    assert list(message.citations.values_list("number", "title", "start")) == [(1, "Members", 2), (2, "Plans", 0)]
    assert (message.quick_replies, message.card["title"]) == ([{"label": "Yes", "value": "Yes"}], "Done")
    assert (scene.step.state, scene.step.output["sequence"]) == ("done", message.sequence)


def test_an_answer_is_streamed_in_whole_sentences_and_not_again_after_it_was_posted(scene, streamed):
    scene.do(Answer(sentences=(Sentence(text="One."), Sentence(text="Two."))))
    shown = [frame["text"] for frame in streamed if frame["type"] == "stream"]
    assert shown == ["One.", "One. Two."]


def test_an_answer_that_expects_a_reply_waits_for_it(scene):
    assert scene.do(Answer(sentences=HELLO.sentences, is_final=False), times=1) == [State.WAITING_CUSTOMER]


def test_an_answer_with_a_ledger_resolves_once(scene):
    assert scene.do(Answer(sentences=HELLO.sentences, ledger="confirmed")) == [State.COMPLETED] * 2
    assert (scene.ticket.status, scene.ticket.ledger, scene.ticket.resolved_by) == ("resolved", "confirmed", "ai_agent")
    fact = scene.run.steps.get(kind="resolve")
    assert (fact.state, fact.input, fact.output) == ("done", {"ledger": "confirmed"}, {"after_step": scene.step.index})
    assert fact.story == "Resolved the ticket: confirmed by the customer."


@pytest.mark.parametrize("decision", [HELLO, Ask(text="Which one?", expects="choice")], ids=["answer", "ask"])
def test_text_is_dropped_and_taken_back_when_a_person_has_the_ticket(scene, streamed, decision):
    Ticket.objects.update(handler="person")
    assert scene.do(decision, times=1) == [State.CANCELLED]
    assert agent_texts(scene.run) == []
    assert (scene.step.state, scene.step.rule) == ("refused", "person_has_taken_over")
    assert (streamed[-1]["discard"], streamed[-1]["text"]) == (True, "")


def test_a_question_is_asked_once_and_waited_for(scene):
    ask = Ask(
        text="Refund it?", expects="confirm", card={"kind": "confirm"}, quick_replies=({"label": "a", "value": "a"},)
    )
    assert scene.do(ask) == [State.WAITING_CUSTOMER] * 2
    message = scene.run.messages.get()
    assert (message.body, message.card, message.client_id) == ("Refund it?", {"kind": "confirm"}, scene.step.public_id)


# ---- hand off, resolve ----


def test_a_handoff_is_made_once_with_its_draft(scene):
    decision = HandOff(
        reason="low_confidence", notice="A person comes.", draft="Maybe this?", next_step="Call.", why="Unsure."
    )
    assert scene.do(decision) == [State.HANDED_OFF] * 2
    made = Handoff.objects.get()
    assert (made.packet["draft"], scene.step.output) == ("Maybe this?", {"handoff": str(made.public_id)})
    assert agent_texts(scene.run) == ["A person comes."]


def test_a_handoff_to_a_person_who_came_already_is_none(scene):
    Ticket.objects.update(handler="person")
    assert scene.do(HandOff(reason="policy"), times=1) == [State.CANCELLED]
    assert scene.step.output == {"handoff": ""}


def test_a_ticket_is_resolved_once(scene):
    assert scene.do(Resolve(ledger="verified")) == [State.COMPLETED] * 2
    assert scene.ticket.ledger == "verified"
    assert scene.run.steps.get().state == "done"


@pytest.mark.parametrize("change", [{"handler": "person"}, {"episode": 2}], ids=["a person has it", "another episode"])
def test_a_ticket_that_went_on_without_the_run_is_not_resolved(scene, change):
    Ticket.objects.update(**change)
    assert scene.do(Resolve(ledger="verified"), times=1) == [State.COMPLETED]
    assert scene.ticket.status == "open"
    assert scene.step.story == "Decided."


def test_a_message_that_was_not_read_keeps_the_ticket_open(scene):
    say(scene.shop.ana, "Wait!", ticket=scene.run.ticket)
    scene.do(Resolve(ledger="verified"), times=1)
    assert scene.ticket.status == "open"


# ---- act ----


def look_up() -> Act:
    return Act(capability="billing.find_charges", arguments={}, procedure="refund", step="found")


def refund(cents: int | None = None, confirmation: str = "yes-1") -> Act:
    arguments = {"charge_id": "ch_1"} | ({} if cents is None else {"amount_cents": cents})
    return Act(
        capability="billing.refund_charge", arguments=arguments, procedure="refund", step="refund",
        confirmation=confirmation,
    )  # fmt: skip


def refunded() -> int:
    return SandboxCharge.objects.get(pk="ch_1").refunded_cents


def test_a_look_up_brings_its_result_and_goes_on(scene, streamed):
    SandboxChargeFactory(id="ch_1")
    assert scene.do(look_up()) == [None, None]
    assert [charge["id"] for charge in scene.step.output["result"]["charges"]] == ["ch_1"]
    assert (scene.step.state, scene.step.output["risk"]) == ("done", "read")
    assert "sandbox.find_charges" in scene.step.story
    assert streamed[0] == {"type": "working", "ticket": scene.run.ticket.public_id, "text": "Looking up your charges"}
    assert ActionExecution.objects.count() == 1


def test_another_look_up_in_the_same_run_asks_anew(scene):
    scene.do(look_up(), times=1)
    SandboxChargeFactory(id="ch_1")
    scene.do(look_up(), times=1)
    assert len(scene.step.output["result"]["charges"]) == 1
    assert ActionExecution.objects.count() == 2


def test_a_refund_is_made_once(scene):
    SandboxChargeFactory(id="ch_1", amount_cents=900)
    assert scene.do(refund()) == [None, None]
    assert (refunded(), ActionExecution.objects.get().caller) == (900, f"run:{scene.run.public_id}:1")
    assert scene.step.output["state"] == "succeeded"


def test_a_call_that_a_rule_refuses_is_noted_and_the_policy_decides_again(scene):
    SandboxChargeFactory(id="ch_1")
    assert scene.do(refund(confirmation="")) == [None, None]
    assert (scene.step.state, scene.step.rule) == ("refused", "not_confirmed")
    assert "The customer has not said yes" in scene.step.story
    assert not ActionExecution.objects.exists()


def test_another_customers_charge_is_refused(scene):
    SandboxChargeFactory(id="ch_1", contact="mallory@elsewhere.example")
    scene.do(refund(), times=1)
    assert (scene.step.rule, refunded()) == ("not_owner", 0)


def test_an_unknown_capability_is_refused(scene):
    scene.do(Act(capability="billing.give_all", arguments={}, procedure="p", step="s"), times=1)
    assert scene.step.rule == "unknown_capability"


def test_a_call_that_failed_is_noted_as_that(scene):
    SandboxChargeFactory(id="ch_1")
    scene.shop.break_next("sandbox.refund_charge")
    assert scene.do(refund(), times=1) == [None]
    assert (scene.step.state, scene.step.output["state"], refunded()) == ("done", "failed", 0)
    assert "failed" in scene.step.story


def test_a_worker_that_lost_the_run_calls_nothing(scene):
    SandboxChargeFactory(id="ch_1")
    step = journal.write_decision(scene.run, refund(), "Decided.")
    AgentRun.objects.update(state=State.CANCELLED)
    with pytest.raises(LeaseLostError):
        carry_out(scene.run, step, build_context(scene.run, agent_settings()))
    assert (refunded(), ActionExecution.objects.count()) == (0, 0)


def test_a_call_that_needs_a_person_waits_and_says_so_once(scene):
    SandboxChargeFactory(id="ch_1", amount_cents=20_000)
    assert scene.do(refund()) == [State.WAITING_APPROVAL] * 2
    assert (scene.step.state, scene.step.output["state"]) == ("decided", "planned")
    assert [text.startswith("Thank you. A person") for text in agent_texts(scene.run)] == [True]
    assert (refunded(), ActionExecution.objects.count()) == (0, 1)


def test_an_approved_call_is_made_once_and_then_noted(scene):
    SandboxChargeFactory(id="ch_1", amount_cents=20_000)
    scene.do(refund(), times=1)
    execution = ActionExecution.objects.get()
    approvals.approve(approval_id=execution.approval.pk, user_id=UserFactory(role="lead").pk)
    run_approved(execution.pk)
    assert [scene.again(), scene.again()] == [None, None]
    assert (scene.step.state, scene.step.output["state"], refunded()) == ("done", "succeeded", 20_000)


def test_a_denied_call_is_refused(scene):
    SandboxChargeFactory(id="ch_1", amount_cents=20_000)
    scene.do(refund(), times=1)
    approvals.deny(approval_id=ActionExecution.objects.get().approval.pk, user_id=UserFactory(role="lead").pk)
    assert scene.again() is None
    assert (scene.step.state, scene.step.rule, refunded()) == ("refused", "not_approved", 0)


def test_at_the_stage_approval_every_change_waits_for_a_person_and_no_look_up_does(scene):
    Stage.objects.create(intent=IntentFactory(slug="refund"), level="approval")
    SandboxChargeFactory(id="ch_1", amount_cents=100)
    assert scene.do(look_up(), times=1) == [None]
    assert scene.do(refund(), times=1) == [State.WAITING_APPROVAL]


def test_a_person_who_took_over_is_not_interrupted_by_a_waiting_call(scene):
    SandboxChargeFactory(id="ch_1", amount_cents=20_000)
    Ticket.objects.update(handler="person")
    assert scene.do(refund(), times=1) == [State.CANCELLED]
    assert agent_texts(scene.run) == []


def test_a_call_in_the_middle_of_another_worker_is_waited_for_and_wakes_the_run(scene):
    SandboxChargeFactory(id="ch_1")
    scene.do(refund(), times=1)
    AgentStep.objects.update(state="decided", output={})
    scene.step.refresh_from_db()
    ActionExecution.objects.update(state="sent", finished_at=None, lease_until=lease_end())
    assert scene.again() == State.WAITING_EXTERNAL
    runs.finish_run(scene.run, State.WAITING_EXTERNAL)
    assert runs.wake_settled() == 0
    ActionExecution.objects.update(state="succeeded")
    assert runs.wake_settled() == 1
    scene.run.refresh_from_db()
    assert scene.run.state == State.QUEUED


# ---- the words ----


def plain(*texts: str, **fields) -> Answer:
    return Answer(sentences=tuple(Sentence(text=text) for text in texts), **fields)


def cited(*parts: tuple[str, int, bool], **fields) -> Answer:
    sentences = tuple(Sentence(text=text, source=source, is_step=is_step) for text, source, is_step in parts)
    return Answer(sentences=sentences, is_factual=True, **fields)


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (plain("Good day."), "Good day."),
        (plain("One.", "Two."), "One.\n\nTwo."),
        (cited(("One.", 0, False), ("Two.", 0, False)), "One. Two. [1]"),
        (cited(("One.", 0, False), ("Two.", 1, False)), "One. [1] Two. [2]"),
        (cited(("Do:", 0, False), ("Open.", 0, True), ("Press.", 0, True)), "Do:\n\n1. Open.\n2. Press. [1]"),
        (
            cited(("Open.", 0, True), ("Press.", 0, True), ("Then wait.", 0, False), ("Again.", 0, True)),
            "1. Open.\n2. Press.\n\nThen wait.\n\n1. Again. [1]",
        ),
        (
            cited(("Run:\n```sh\na\n\n  b\n```\nThen wait.", 0, True), ("Open.", 0, True)),
            "1. Run:\n   ```sh\n   a\n\n     b\n   ```\n   Then wait.\n2. Open. [1]",
        ),
        (cited(("Run:\n```\na\n```", 0, True)), "1. Run:\n   ```\n   a\n   ```\n   [1]"),
        (
            cited(("So:", 0, False), ("```\na\n```", 0, False), ("Done.", 0, False)),
            "So:\n\n```\na\n```\n\nDone. [1]",
        ),
    ],
)
def test_an_answer_is_written_with_lists_and_marks(answer, body):
    assert body_of(answer) == body
