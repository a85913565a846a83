"""Providers are asked in their order, within one budget of time; why one was not listened to is written down."""

from dataclasses import dataclass

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisConnectionError

from integrations.errors import ModelError
from tickets.agent.policies.line import DEFAULT, ModelLine, Question
from tickets.agent.prompts import Prompt
from tickets.tests.agent.models import Broken, provider, says

PROMPT = Prompt(version="test-1", text="Be brief.")


@dataclass
class Reading:
    text: str

    @property
    def said(self) -> str:
        return f"said {self.text}"


def read(completion) -> Reading:
    if completion.text == "odd":
        raise ModelError("malformed", "Odd.")
    return Reading(completion.text)


def question(**changes):
    return Question(**({"prompt": PROMPT, "material": "<data>", "tools": (), "read": read} | changes))


def line(*providers, most_seconds: float = 100.0) -> ModelLine:
    return ModelLine(providers=providers or (provider("Alpha"), provider("Beta")), most_seconds=most_seconds)


def fails(reason: str = "timeout", retry_after: float | None = None) -> ModelError:
    return ModelError(reason, "It failed.", retry_after=retry_after)


@pytest.fixture
def seconds(monkeypatch):
    """Let a test move the time that calls take."""
    now = [0.0]
    monkeypatch.setattr("tickets.agent.policies.line.time.monotonic", lambda: now[0])
    return now


def test_the_first_provider_that_answers_is_listened_to(model):
    model.answers = [says("yes")]
    asked = line()
    assert asked.ask(question()) == Reading("yes")
    (call,) = asked.take_calls()
    assert (call.provider, call.model, call.prompt, call.said, call.fault) == ("Alpha", "m-1", "test-1", "said yes", "")
    assert (call.input_tokens, call.output_tokens, call.cost_microdollars, call.duration_ms) == (100, 20, 50, 700)
    assert model.asked[0]["system"] == "Be brief."
    assert asked.take_calls() == ()


@pytest.mark.parametrize(
    "reason", ["timeout", "rate_limited", "unreachable", "refused", "malformed", "empty", "cut_off"]
)
def test_after_any_failure_the_next_one_is_asked_and_the_reason_kept(model, reason):
    model.answers = [fails(reason), says("yes")]
    asked = line()
    assert asked.ask(question()) == Reading("yes")
    first, second = asked.take_calls()
    assert (first.provider, second.provider, second.fault) == ("Alpha", "Beta", "")
    assert first.fault
    assert not first.is_skipped


def test_an_answer_that_cannot_be_read_is_a_failure(model):
    model.answers = [says("odd"), says("yes")]
    assert line().ask(question()) == Reading("yes")


def test_without_any_answer_there_is_none(model):
    model.answers = [fails(), fails("empty")]
    asked = line()
    assert asked.ask(question()) is None
    assert [bool(call.fault) for call in asked.take_calls()] == [True, True]


def test_a_provider_that_failed_is_not_asked_again_in_the_turn(model):
    model.answers = [says("odd"), says("odd")]
    asked = line()
    asked.ask(question())
    asked.take_calls()
    assert asked.ask(question()) is None
    assert len(model.asked) == 2
    assert all(call.is_skipped for call in asked.take_calls())


def test_other_runs_pass_a_provider_over_for_a_while(model):
    model.answers = [fails("timeout"), says("yes"), says("again")]
    line().ask(question())
    later = line()
    assert later.ask(question()) == Reading("again")
    skipped, used = later.take_calls()
    assert skipped.is_skipped
    assert "timed out" in skipped.fault
    assert used.provider == "Beta"


@pytest.mark.parametrize("reason", ["malformed", "empty", "cut_off"])
def test_one_odd_answer_says_nothing_about_the_next_turn(model, reason):
    model.answers = [fails(reason), says("yes"), says("again")]
    line().ask(question())
    later = line()
    later.ask(question())
    assert [call.provider for call in later.take_calls()] == ["Alpha"]


@pytest.mark.parametrize(("retry_after", "kept"), [(None, 60), (5, 60), (240, 240), (90_000, 600)])
def test_a_provider_without_capacity_is_left_alone_as_long_as_it_asks(model, monkeypatch, retry_after, kept):
    pauses = []
    monkeypatch.setattr(cache, "set", lambda key, value, timeout: pauses.append(timeout))
    model.answers = [fails("rate_limited", retry_after), says("yes")]
    line().ask(question())
    assert pauses == [kept]


def test_another_model_or_address_under_the_same_name_starts_afresh(model):
    model.answers = [fails(), says("yes")]
    line(provider("Alpha")).ask(question())
    assert line(provider("Alpha", model="m-2")).ask(question()) == Reading("yes")


def test_failing_models_together_take_no_longer_than_one_deadline_and_a_quarter(model, seconds):
    def slow():
        seconds[0] += 10.0
        return fails()

    class Slow(list):
        def pop(self, _index=0):
            return slow()

    model.answers = Slow()
    asked = line(provider("Alpha"), provider("Beta"), provider("Gamma"))
    assert asked.ask(question()) is None
    assert [round(entry["timeout"], 1) for entry in model.asked] == [10.0, 2.5]
    assert "no time left" in asked.take_calls()[-1].fault


def test_a_run_with_little_time_gives_models_little(model):
    model.answers = [says("yes")]
    line(most_seconds=4.0).ask(question())
    assert model.asked[0]["timeout"] == pytest.approx(4.0, abs=0.1)
    assert line(most_seconds=0.5).ask(question()) is None


def test_what_was_told_before_a_break_is_taken_back(model):
    heard: list[str] = []
    model.answers = [Broken("One. Two", fails("cut_off")), says("Three")]
    line().ask(question(on_text=heard.append, on_failure=lambda: heard.clear()))
    assert "".join(heard) == "Three"


def test_a_failure_of_the_caller_is_not_blamed_on_the_model(model):
    def refuse(_piece: str) -> None:
        raise RuntimeError("ours")

    model.answers = [says("text")]
    with pytest.raises(RuntimeError, match="ours"):
        line().ask(question(on_text=refuse))


def test_the_model_of_the_environment_has_no_name_of_its_own(model):
    model.answers = [says("yes")]
    asked = line(provider("default", row=None))
    asked.ask(question())
    assert asked.take_calls()[0].provider == DEFAULT


def test_a_cache_that_is_away_costs_no_answer(model, monkeypatch):
    def away(*_args, **_kwargs):
        raise RedisConnectionError("Redis is away.")

    monkeypatch.setattr(cache, "get", away)
    monkeypatch.setattr(cache, "set", away)
    model.answers = [fails("timeout"), says("yes")]
    assert line().ask(question()) == Reading("yes")
