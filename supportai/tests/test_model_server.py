"""The scripted model server: what it promises to tests, over HTTP and as a process."""

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest

from supportai.tests.model_server import FAULTS, ModelReply, ModelRequest, ModelServer, load_brain, main
from supportai.tests.model_wire import embedding
from supportai.tests.servers import ROOT

TOOL = {"name": "add_note", "description": "Write.", "parameters": {"type": "object", "properties": {"text": {}}}}
MESSAGES = [{"role": "system", "content": "Be kind"}, {"role": "user", "content": "Hi"}]
ANTHROPIC_TOOL = {"name": "add_note", "description": "Write.", "input_schema": TOOL["parameters"]}
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "openai": (
        "/v1/chat/completions",
        {"model": "m", "messages": MESSAGES, "tools": [{"type": "function", "function": TOOL}]},
    ),
    "anthropic": (
        "/v1/messages",
        {
            "model": "m",
            "system": [{"type": "text", "text": "Be kind"}],
            "messages": MESSAGES[1:],
            "tools": [ANTHROPIC_TOOL],
        },
    ),
    "google": (
        "/v1beta/models/m:generateContent",
        {
            "systemInstruction": {"parts": [{"text": "Be kind"}]},
            "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            "tools": [{"functionDeclarations": [TOOL]}],
        },
    ),
    "ollama": (
        "/api/chat",
        {"model": "m", "messages": MESSAGES, "tools": [{"type": "function", "function": TOOL}], "stream": False},
    ),
}
SCHEMA = {
    "type": "object",
    "properties": {
        "reply": {"type": "string"},
        "calls": {
            "type": "array",
            "items": {"properties": {"tool": {"enum": ["add_note"]}, "arguments": TOOL["parameters"]}},
        },
    },
}


def brain(request: ModelRequest) -> ModelReply:
    return ModelReply("Noted.", [("add_note", {"text": "x"})] if request.tools else [])


@pytest.fixture
def server():
    with ModelServer(brain, pause_seconds=0.01) as running:
        yield running


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.url, trust_env=False, timeout=10) as made:
        yield made


def said(api: str, answer: dict[str, Any]) -> tuple[str, str, Any]:
    """Read text, tool and arguments as each API's own documentation says."""
    if api == "openai":
        message = answer["choices"][0]["message"]
        call = message["tool_calls"][0]["function"]
        return message["content"], call["name"], json.loads(call["arguments"])
    if api == "anthropic":
        text, call = answer["content"]
        return text["text"], call["name"], call["input"]
    if api == "google":
        text, call = answer["candidates"][0]["content"]["parts"]
        return text["text"], call["functionCall"]["name"], call["functionCall"]["args"]
    call = answer["message"]["tool_calls"][0]["function"]
    return answer["message"]["content"], call["name"], call["arguments"]


@pytest.mark.parametrize("api", BODIES)
def test_each_api_answers_whole_in_its_own_form(server, client, api):
    path, body = BODIES[api]
    answer = client.post(path, json=body).json()
    assert said(api, answer) == ("Noted.", "add_note", {"text": "x"})
    (request,) = server.requests
    assert (request.api, request.model, request.is_streaming) == (api, "m", False)
    assert request.messages == [("system", "Be kind"), ("user", "Hi")]
    assert request.tools[0]["name"] == "add_note"
    assert request.tools[0]["parameters"] == TOOL["parameters"]


@pytest.mark.parametrize(
    ("path", "change", "mark"),
    [
        ("/v1/chat/completions", {"stream": True}, "data: [DONE]"),
        ("/v1/messages", {"stream": True}, "event: message_stop"),
        ("/v1beta/models/m:streamGenerateContent", {}, '"finishReason": "STOP"'),
        ("/api/chat", {"stream": True}, '"done": true'),
    ],
)
def test_each_api_streams_to_its_end(server, client, path, change, mark):
    api = next(api for api, (whole, _) in BODIES.items() if whole.split(":")[0] == path.split(":")[0])
    text = client.post(f"{path}?alt=sse", json=BODIES[api][1] | change).text
    assert mark in text
    assert server.requests[0].is_streaming


@pytest.mark.parametrize("form", ["openai", "ollama", "google", "prompt"])
def test_a_structured_answer_is_one_object(server, client, form):
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "openai": (
            "/v1/chat/completions",
            {"messages": MESSAGES, "response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}},
        ),
        "ollama": ("/api/chat", {"messages": MESSAGES, "stream": False, "format": SCHEMA}),
        "google": (
            "/v1beta/models/m:generateContent",
            {"contents": [{"parts": [{"text": "Hi"}]}], "generationConfig": {"responseJsonSchema": SCHEMA}},
        ),
        "prompt": ("/v1/messages", {"system": f"Answer by:\n{json.dumps(SCHEMA)}", "messages": MESSAGES[1:]}),
    }
    path, body = asked[form]
    found = client.post(path, json={"model": "m", **body}).json()
    texts = {"openai": lambda: found["choices"][0]["message"]["content"], "ollama": lambda: found["message"]["content"]}
    texts |= {
        "google": lambda: found["candidates"][0]["content"]["parts"][0]["text"],
        "prompt": lambda: found["content"][0]["text"],
    }
    assert json.loads(texts[form]()) == {"reply": "Noted.", "calls": [{"tool": "add_note", "arguments": {"text": "x"}}]}
    assert server.requests[0].is_structured
    assert [tool["name"] for tool in server.requests[0].tools] == ["add_note"]


def test_similar_texts_have_near_vectors():
    def near(left: str, right: str) -> float:
        return sum(a * b for a, b in zip(embedding(left), embedding(right), strict=True))

    assert near("refund an order", "refund an order") == pytest.approx(1)
    assert near("refund an order", "refunds for orders") > near("refund an order", "my password is lost") + 0.2
    assert near("", "x") == pytest.approx(near("x", ""))


def test_vectors_come_as_numbers_or_coded(client):
    plain = client.post("/v1/embeddings", json={"model": "e", "input": "one", "dimensions": 16}).json()
    assert len(plain["data"][0]["embedding"]) == 16
    coded = client.post("/v1/embeddings", json={"model": "e", "input": ["one"], "encoding_format": "base64"}).json()
    assert isinstance(coded["data"][0]["embedding"], str)


def test_the_fault_changes_while_it_runs(server, client):
    path, body = BODIES["openai"]
    assert client.post("/fault", json={"fault": "server_error"}).json() == {"fault": "server_error"}
    assert client.post(path, json=body).status_code == 500
    server.fault = "right"
    assert client.post(path, json=body).status_code == 200
    state = client.get("/requests").json()
    assert (state["fault"], state["requests"]) == ("right", {"openai": 2})


def test_a_script_of_faults_is_played_once(server, client):
    path, body = BODIES["openai"]
    server.script("rate_limited", "refused")
    assert [client.post(path, json=body).status_code for _ in range(3)] == [429, 401, 200]


def test_a_fault_that_does_not_exist_is_refused(server, client):
    assert client.post("/fault", json={"fault": "sulks"}).status_code == 400
    with pytest.raises(ValueError, match="sulks"):
        server.script("sulks")
    assert server.fault == "right"


@pytest.mark.parametrize(("body", "status"), [(b"no json", 400), (b"[]", 400)])
def test_a_body_that_is_no_object_is_refused(client, body, status):
    assert client.post("/v1/chat/completions", content=body).status_code == status


def test_an_unknown_path_is_not_found(client):
    assert client.post("/v2/other", json={}).status_code == 404


def test_who_does_not_wait_is_counted(server, client):
    server.fault = "hang"
    path, body = BODIES["openai"]
    with pytest.raises(httpx.ReadTimeout):
        client.post(path, json=body, timeout=0.2)
    for _ in range(100):
        if server.abandoned:
            break
        server.wait(0.05)
    assert server.abandoned == 1


def test_stopping_ends_what_hangs(server, client):
    server.fault = "hang"
    server.stop()
    with pytest.raises(httpx.TransportError):
        client.get("/")


def test_a_brain_is_named_by_its_module():
    assert (
        load_brain("supportai.tests.test_model_server:brain")(ModelRequest(api="x", model="m", messages=[])).text
        == "Noted."
    )


def test_help_lists_every_fault(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(f"  {name} " in text for name in FAULTS)


def test_it_runs_as_a_process():
    command = [sys.executable, "-m", "supportai.tests.model_server", "--fault", "rate_limited"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[0]
            path, body = BODIES["openai"]
            assert httpx.post(f"{address}{path}", json=body, trust_env=False, timeout=10).status_code == 429
        finally:
            process.terminate()
