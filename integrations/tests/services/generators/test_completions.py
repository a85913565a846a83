"""One model asked: what is sent, how an answer is judged, what it costs, and whose an error is."""

import threading
from decimal import Decimal
from typing import Any

import httpcore
import httpcore2
import httpx
import httpx2
import pytest
from pydantic import BaseModel

from integrations.services.generators import ModelError, ModelMessage, ToolSpec, complete
from integrations.services.generators.clients import CACHED, generator_for
from integrations.services.generators.completions import cost_microdollars, plan_of
from integrations.services.generators.transport import shared_transport
from integrations.tests.services.generators.conftest import (
    ARGUMENTS,
    KEY,
    KINDS,
    LIST,
    NOTE,
    QUESTION,
    SAID,
    TOOLS,
    refunder,
)
from supportai.tests.model_server import ModelReply


def user(text: str) -> ModelMessage:
    return ModelMessage(role="user", text=text)


def system(text: str) -> ModelMessage:
    return ModelMessage(role="system", text=text)


def pools() -> list[Any]:
    pairs = ((httpx, httpcore), (httpx2, httpcore2))
    return [shared_transport(http, core)._inner._pool for http, core in pairs]


class TestPlan:
    def test_instructions_come_first_and_as_one(self, provider):
        messages = [system("One."), user("Hi"), system("Two."), user("There")]
        plan = plan_of(provider("openai"), messages, ())
        assert [(m.role, m.text) for m in plan.messages] == [
            ("system", "One.\n\nTwo."),
            ("user", "Hi"),
            ("user", "There"),
        ]

    def test_what_says_nothing_is_left_out(self, provider):
        messages = [system(" "), user("Hi"), ModelMessage(role="assistant", text="")]
        assert [m.text for m in plan_of(provider("openai"), messages, ()).messages] == ["Hi"]

    def test_structured_mode_without_tools_is_plain_text(self, provider):
        plan = plan_of(provider("openai", is_structured=True), QUESTION, ())
        assert (plan.mode, plan.schema) == ("plain", None)

    def test_structured_mode_adds_the_form_to_the_instructions(self, provider):
        plan = plan_of(provider("openai", is_structured=True), QUESTION, TOOLS)
        assert plan.mode == "structured"
        assert plan.messages[0].text.startswith("You are kind.\n\nAnswer with one JSON object")


class TestCost:
    def test_prices_count_each_way(self, provider):
        priced = provider("openai", input_price=Decimal("0.25"), output_price=Decimal(2))
        assert cost_microdollars(priced, 120, 30) == 90

    def test_a_part_of_a_microdollar_counts_as_one(self, provider):
        assert cost_microdollars(provider("openai", input_price=Decimal("0.0001")), 1, 0) == 1

    def test_without_prices_it_is_free(self, provider):
        assert cost_microdollars(provider("ollama"), 10_000, 10_000) == 0

    def test_an_answer_tells_its_cost_and_time(self, server, provider):
        priced = provider("openai_compatible", input_price=Decimal("0.25"), output_price=Decimal(2))
        found = complete(priced, QUESTION)
        assert found.cost_microdollars == 90
        assert 0 <= found.duration_ms < 5000


@pytest.mark.parametrize("kind", KINDS)
class TestEveryKind:
    def test_several_calls_come_in_order(self, server, provider, kind):
        calls = [("add_note", {"text": "a"}), ("add_note", {"text": "b"}), ("list_charges", {})]
        server.brain = lambda _request: ModelReply("", calls)
        found = complete(provider(kind), QUESTION, TOOLS)
        assert [(call.name, call.arguments) for call in found.tool_requests] == calls
        assert found.text == ""

    def test_a_call_without_arguments_is_one(self, server, provider, kind):
        server.brain = lambda _request: ModelReply("", [("list_charges", {})])
        assert [call.name for call in complete(provider(kind), QUESTION, [LIST]).tool_requests] == ["list_charges"]

    @pytest.mark.parametrize(
        "text", ["Grüße, 你好, 👋🏽!", "Line one\n\nLine two  ", '"quoted" \\ {curly}', "a" * 5000]
    )
    def test_every_text_arrives_as_it_was_said(self, server, provider, kind, text):
        server.brain = lambda _request: ModelReply(text)
        pieces: list[str] = []
        assert complete(provider(kind), [user(text)], TOOLS, pieces.append).text == text.strip()
        assert "".join(pieces).strip() == text.strip()
        assert server.requests[0].last_text == text

    def test_no_call_is_ever_shown(self, server, provider, kind):
        server.fault = "text_calls"
        server.brain = lambda _request: ModelReply("I look.", [("add_note", {"text": "hidden words"})])
        pieces: list[str] = []
        complete(provider(kind), QUESTION, TOOLS, pieces.append)
        assert "hidden" not in "".join(pieces)
        assert "```" not in "".join(pieces)

    def test_what_the_caller_raises_comes_out_as_it_is(self, server, provider, kind):
        class StoppedError(Exception):
            pass

        def stop(_text: str) -> None:
            raise StoppedError

        server.brain = lambda _request: ModelReply("word " * 4000)
        with pytest.raises(StoppedError):
            complete(provider(kind), QUESTION, (), stop)

    @pytest.mark.parametrize("fault", ["malformed", "wrong_types", "broken", "error_event", "unfinished"])
    def test_no_failure_keeps_a_connection(self, server, provider, kind, fault, monkeypatch):
        """A pool of a hundred would be used up by as many failures."""
        server.fault = fault
        for _ in range(3):
            with pytest.raises(ModelError):
                complete(provider(kind), QUESTION, TOOLS)
        busy = [c for pool in pools() for c in pool.connections if not (c.is_idle() or c.is_closed())]
        assert busy == []

    def test_structured_answers_of_one_tool(self, server, provider, kind):
        server.brain = lambda _request: ModelReply("Noted.", [("add_note", {"text": "x"})])
        found = complete(provider(kind, is_structured=True), QUESTION, [NOTE])
        assert (found.text, [call.arguments for call in found.tool_requests]) == ("Noted.", [{"text": "x"}])

    def test_an_object_instead_of_a_call_counts_in_structured_mode(self, server, provider, kind):
        """The schema is the prompt's only, so the model may write what it is used to."""
        server.fault = "right"
        server.brain = refunder
        found = complete(provider(kind, is_structured=True), QUESTION, TOOLS)
        assert [call.arguments for call in found.tool_requests] == [ARGUMENTS]

    def test_calls_from_several_threads_do_not_mix(self, server, provider, kind):
        server.brain = lambda request: ModelReply(f"For {request.last_text}")
        settings, texts = provider(kind), {}

        def ask(name: str) -> None:
            texts[name] = complete(settings, [user(name)]).text

        threads = [threading.Thread(target=ask, args=(f"customer {number}",)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert texts == {f"customer {number}": f"For customer {number}" for number in range(6)}

    def test_a_generator_is_made_once_for_the_same_settings(self, server, provider, kind):
        one = generator_for(provider(kind))
        assert generator_for(provider(kind)) is one
        assert generator_for(provider(kind, timeout_seconds=1.25, input_price=Decimal(3), name="x")) is one
        assert generator_for(provider(kind, api_key="another")) is not one
        assert generator_for(provider(kind, max_output_tokens=7)) is not one


def test_an_unknown_kind_is_refused(server, provider):
    with pytest.raises(ModelError) as caught:
        complete(provider("telepathy"), QUESTION)
    assert caught.value.reason == "refused"


@pytest.mark.parametrize("kind", ["openai_compatible", "ollama"])
@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/v1", "http://127.0.0.1:99999", "http://"])
def test_an_address_that_is_none_ends_in_a_model_error(server, provider, kind, url):
    with pytest.raises(ModelError) as caught:
        complete(provider(kind, base_url=url, timeout_seconds=2.0), QUESTION)
    assert caught.value.reason in {"refused", "unreachable"}


def test_a_server_without_a_key_is_asked_without_one_of_ours(server, provider):
    complete(provider("openai_compatible", api_key=""), QUESTION)
    assert KEY not in str(server.requests[0].headers)
    complete(provider("ollama", api_key=""), QUESTION)
    assert "authorization" not in server.requests[1].headers


def test_a_redirect_takes_the_prompt_nowhere(server, provider):
    server.fault = "redirect"
    with pytest.raises(ModelError):
        complete(provider("openai_compatible"), QUESTION)
    assert len(server.requests) == 1


def test_a_tool_with_parts_reaches_every_kind(server, provider):
    class Part(BaseModel):
        sku: str
        count: int | None = None

    class Order(BaseModel):
        parts: list[Part]

    order = ToolSpec(name="place_order", description="Order.", params=Order)
    given = {"parts": [{"sku": "A"}, {"sku": "B", "count": 2}]}
    server.brain = lambda _request: ModelReply("", [("place_order", given)])
    for kind in KINDS:
        assert complete(provider(kind), QUESTION, [order]).tool_requests[0].arguments == given


def test_a_text_in_braces_is_an_answer_when_there_are_no_tools(server, provider):
    server.brain = lambda _request: ModelReply('{"name": "refund_charge", "arguments": {}}')
    assert complete(provider("ollama"), QUESTION).text == '{"name": "refund_charge", "arguments": {}}'


def test_errors_and_settings_print_no_secret(server, provider):
    settings = provider("openai")
    printed = f"{settings!r} {QUESTION!r} {complete(settings, QUESTION)!r}"
    for secret in (KEY, "heliotrope", SAID):
        assert secret not in printed


def test_the_cache_does_not_grow_without_end(server, provider):
    for number in range(CACHED + 5):
        generator_for(provider("ollama", model=f"m{number}"))
    from integrations.services.generators import clients

    assert clients._generator.cache_info().currsize <= CACHED
