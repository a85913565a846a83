"""Every kind of model against every way to answer and to fail, over real HTTP; nothing stands in for a library."""

import time
from typing import Any

import pytest

from integrations.services.generators import ModelError, complete
from integrations.tests.services.generators.conftest import ARGUMENTS, KEY, KINDS, PROMPT, QUESTION, SAID, TOOLS

DEADLINE = 0.4
# A busy machine may be late by this; a library's own patience would be many times as long.
GRACE = 1.5
SILENT = ("slow", "hang", "trickle", "trickle_head", "idle")
AT_ONCE = {
    "broken": "cut_off",
    "unfinished": "cut_off",
    "cut_off": "cut_off",
    "error_event": "cut_off",
    "rate_limited": "rate_limited",
    "overloaded": "unreachable",
    "server_error": "unreachable",
    "refused": "refused",
    "bad_request": "refused",
    "redirect": "refused",
    "empty": "empty",
    "no_body": "empty",
    "html": "malformed",
    "malformed": "malformed",
}
WRONG_CALLS = ("malformed", "unknown_tool", "wrong_types")
MODES = ("plain", "tools", "structured")


def ask(provider: Any, mode: str, on_text: Any = None) -> Any:
    return complete(provider, QUESTION, () if mode == "plain" else TOOLS, on_text)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def made(provider: Any, kind: str, mode: str, **changes: Any) -> Any:
    return provider(kind, is_structured=mode == "structured", **changes)


def test_a_right_answer_comes_whole(server, provider, kind, mode):
    pieces: list[str] = []
    found = ask(made(provider, kind, mode), mode, pieces.append)
    assert found.text == SAID
    assert "".join(pieces) == SAID
    calls = [] if mode == "plain" else [("refund_charge", ARGUMENTS)]
    assert [(call.name, call.arguments) for call in found.tool_requests] == calls
    assert (found.input_tokens, found.output_tokens) == (120, 30)
    assert found.finish_reason == ("stop" if mode == "plain" else "tool_calls")
    assert (found.provider, found.model) == (f"test {kind}", "scripted-1")


def test_the_text_comes_in_pieces(server, provider, kind, mode):
    pieces: list[str] = []
    ask(made(provider, kind, mode), mode, pieces.append)
    assert len(pieces) >= 3


def test_the_model_reads_what_was_said(server, provider, kind, mode):
    ask(made(provider, kind, mode), mode)
    (request,) = server.requests
    assert request.is_streaming
    assert request.model == "scripted-1"
    system, *rest = request.messages
    assert system[0] == "system"
    assert system[1].startswith("You are kind.")
    assert rest == [("user", "Hello"), ("assistant", "How can I help?"), ("user", PROMPT)]


def test_the_model_knows_its_tools(server, provider, kind, mode):
    ask(made(provider, kind, mode), mode)
    (request,) = server.requests
    assert request.is_structured is (mode == "structured")
    tools = {tool["name"]: tool["parameters"] for tool in request.tools}
    assert set(tools) == (set() if mode == "plain" else {"refund_charge", "add_note", "list_charges"})
    if tools:
        assert set(tools["refund_charge"]["properties"]) == {"charge_id", "amount_cents", "reason"}
        assert tools["refund_charge"]["required"] == ["charge_id", "amount_cents"]


@pytest.mark.parametrize("fault", AT_ONCE)
def test_a_failure_has_its_reason_at_once(server, provider, kind, mode, fault):
    server.fault = fault
    started = time.monotonic()
    with pytest.raises(ModelError) as caught:
        ask(made(provider, kind, mode), mode)
    assert caught.value.reason == AT_ONCE[fault]
    # Far from the ten seconds that it may take: nobody tried again in secret.
    assert time.monotonic() - started < 5
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", SILENT)
def test_silence_ends_at_the_deadline(server, provider, kind, fault):
    warm = made(provider, kind, "tools", timeout_seconds=DEADLINE)
    server.fault = fault
    with pytest.raises(ModelError) as first:
        ask(warm, "tools")
    started = time.monotonic()
    with pytest.raises(ModelError) as caught:
        ask(warm, "tools")
    assert (first.value.reason, caught.value.reason) == ("timeout", "timeout")
    assert DEADLINE - 0.05 <= time.monotonic() - started < DEADLINE + GRACE


@pytest.mark.parametrize("fault", ["trickle", "idle"])
def test_a_structured_answer_that_trickles_ends_at_the_deadline(server, provider, kind, fault):
    server.fault = fault
    with pytest.raises(ModelError) as caught:
        ask(made(provider, kind, "structured", timeout_seconds=DEADLINE), "structured")
    assert caught.value.reason == "timeout"


@pytest.mark.parametrize("fault", WRONG_CALLS)
@pytest.mark.parametrize("mode", ["tools", "structured"])
def test_a_wrong_call_is_malformed(server, provider, kind, mode, fault):
    server.fault = fault
    with pytest.raises(ModelError) as caught:
        ask(made(provider, kind, mode), mode)
    assert caught.value.reason == "malformed"


def test_calls_written_into_the_text_are_calls(server, provider, kind):
    server.fault = "text_calls"
    pieces: list[str] = []
    found = ask(made(provider, kind, "tools"), "tools", pieces.append)
    assert [(call.name, call.arguments) for call in found.tool_requests] == [("refund_charge", ARGUMENTS)]
    assert found.text == SAID
    assert "".join(pieces).strip() == SAID


@pytest.mark.parametrize(("fault", "seconds"), [("rate_limited", 7.0), ("overloaded", 7.0), ("server_error", None)])
def test_the_wait_that_it_asks_for_is_told(server, provider, kind, fault, seconds):
    server.fault = fault
    with pytest.raises(ModelError) as caught:
        ask(made(provider, kind, "plain"), "plain")
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("fault", ["refused", "broken", "malformed", "wrong_types", "html", "right"])
def test_neither_key_nor_prompt_nor_answer_is_told(server, provider, kind, fault, caplog, capfd):
    server.fault = fault
    told = ""
    try:
        ask(made(provider, kind, "tools"), "tools")
    except ModelError as exc:
        told = f"{exc!s} {exc!r} {exc.extra}"
    output = capfd.readouterr()
    told += caplog.text + output.out + output.err
    for secret in (KEY, "heliotrope", "49 euros", "ch_1"):
        assert secret not in told


def test_nobody_there_is_unreachable(server, provider, kind):
    settings = made(provider, kind, "plain", timeout_seconds=5.0)
    server.stop()
    with pytest.raises(ModelError) as caught:
        ask(settings, "plain")
    assert caught.value.reason == "unreachable"


def test_an_answer_follows_a_failure(server, provider, kind):
    """What broke one call leaves nothing behind that breaks the next."""
    server.script("broken", "malformed", "rate_limited", "html")
    settings = made(provider, kind, "tools")
    for _ in range(4):
        with pytest.raises(ModelError):
            ask(settings, "tools")
    assert ask(settings, "tools").text == SAID


def test_the_environment_s_proxy_is_not_used(server, provider, kind, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    settings = made(provider, kind, "plain", model="not-cached-1")
    assert ask(settings, "plain").text == SAID


def test_the_key_goes_where_the_api_wants_it(server, provider, kind):
    ask(made(provider, kind, "plain"), "plain")
    headers = server.requests[0].headers
    found = headers.get("x-api-key") or headers.get("x-goog-api-key") or headers.get("authorization", "")
    assert found.removeprefix("Bearer ") == KEY


def test_the_limit_of_tokens_is_told(server, provider, kind):
    ask(made(provider, kind, "plain", max_output_tokens=321), "plain")
    body = server.requests[0].body
    places = [body, body.get("options") or {}, body.get("generationConfig") or {}]
    names = ("max_tokens", "max_completion_tokens", "num_predict", "maxOutputTokens")
    assert [place[name] for place in places for name in names if name in place] == [321]
