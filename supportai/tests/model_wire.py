"""The wire formats of model APIs, as the scripted server speaks them: what is asked, and the frames of a reply.

Sources: OpenAI API reference (chat completions, embeddings), Anthropic API reference (messages, streaming messages),
Gemini API reference (generateContent, streamGenerateContent), Ollama docs/api.md (chat).
"""

import base64
import hashlib
import itertools
import json
import math
import re
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

JSONDict = dict[str, Any]
GOOGLE_PATH = re.compile(r"/(?P<model>[^/:]+):(?P<method>generateContent|streamGenerateContent)$")
DIMENSIONS = 384
PIECE = 12
CREATED = 1_750_000_000
# Google names the ends of an answer in its own way; the others are written out where they are used.
STOP, LENGTH, CALLS = "stop", "length", "tool_calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """What a client asked, the same for every API; `tools` holds name, description and parameters of each.

    In structured mode the tools are read from the schema of the answer, which is in `response_format` or in the prompt.
    """

    api: str
    model: str
    messages: list[tuple[str, str]]
    tools: list[JSONDict] = field(default_factory=list)
    is_structured: bool = False
    is_streaming: bool = False
    body: JSONDict = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def last_text(self) -> str:
        """Give what the last message says."""
        return self.messages[-1][1] if self.messages else ""


@dataclass(frozen=True, slots=True)
class ModelReply:
    """What the model says: a text, or calls of tools as (name, arguments), or both."""

    text: str = ""
    tool_calls: Sequence[tuple[str, JSONDict]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A reply as it goes out: arguments are texts, so that a fault can break them."""

    text: str
    calls: tuple[tuple[str, str], ...]
    finish: str
    usage: tuple[int, int] = (0, 0)

    def pieces(self) -> list[str]:
        """Cut the text as a model streams it."""
        return cut(self.text)


def cut(text: str, size: int = PIECE) -> list[str]:
    """Cut a text into pieces of a size."""
    return [text[start : start + size] for start in range(0, len(text), size)]


def text_of(content: Any) -> str:
    """Join the text parts of a message's content, whichever form it has."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")


def read_request(path: str, body: JSONDict, headers: Mapping[str, str]) -> ModelRequest | None:
    """Understand a request by its path; None when no API has that path."""
    common: JSONDict = {"body": body, "headers": headers, "is_streaming": bool(body.get("stream"))}
    if path.endswith("/chat/completions"):
        return _read_openai(body, common)
    if path.endswith("/messages"):
        return _read_anthropic(body, common)
    if path.endswith("/api/chat"):
        return _read_ollama(body, common)
    if path.endswith("/embeddings"):
        return ModelRequest(api="embeddings", model=str(body.get("model", "")), messages=[], **common)
    if match := GOOGLE_PATH.search(path):
        common["is_streaming"] = match["method"] == "streamGenerateContent"
        return _read_google(match["model"], body, common)
    return None


def _read_openai(body: JSONDict, common: JSONDict) -> ModelRequest:
    schema = ((body.get("response_format") or {}).get("json_schema") or {}).get("schema")
    tools = [tool["function"] for tool in body.get("tools") or []]
    messages = [(m["role"], text_of(m.get("content"))) for m in body["messages"]]
    return _asked("openai", body["model"], messages, tools, schema, common)


def _read_anthropic(body: JSONDict, common: JSONDict) -> ModelRequest:
    tools = [
        {"name": tool["name"], "description": tool.get("description", ""), "parameters": tool["input_schema"]}
        for tool in body.get("tools") or []
    ]
    system = text_of(body.get("system"))
    messages = [("system", system)] if system else []
    messages += [(m["role"], text_of(m["content"])) for m in body["messages"]]
    return _asked("anthropic", body["model"], messages, tools, None, common)


def _read_google(model: str, body: JSONDict, common: JSONDict) -> ModelRequest:
    declared = [d for tool in body.get("tools") or [] for d in tool.get("functionDeclarations", [])]
    tools = [
        {
            "name": d["name"],
            "description": d.get("description", ""),
            "parameters": d.get("parametersJsonSchema") or d.get("parameters") or {},
        }
        for d in declared
    ]
    settings = body.get("generationConfig") or {}
    schema = settings.get("responseJsonSchema") or settings.get("responseSchema")
    system = text_of((body.get("systemInstruction") or {}).get("parts"))
    messages = [("system", system)] if system else []
    messages += [
        ("assistant" if m.get("role") == "model" else "user", text_of(m.get("parts"))) for m in body["contents"]
    ]
    return _asked("google", model, messages, tools, schema, common)


def _read_ollama(body: JSONDict, common: JSONDict) -> ModelRequest:
    schema = body["format"] if isinstance(body.get("format"), dict) else None
    tools = [tool["function"] for tool in body.get("tools") or []]
    messages = [(m["role"], text_of(m.get("content"))) for m in body["messages"]]
    # Unlike the others it streams unless told otherwise.
    return _asked("ollama", body["model"], messages, tools, schema, common | {"is_streaming": body.get("stream", True)})


def _asked(
    api: str, model: str, messages: list[tuple[str, str]], tools: list[JSONDict], schema: Any, common: JSONDict
) -> ModelRequest:
    schema = schema or schema_in_prompt(messages)
    return ModelRequest(
        api=api,
        model=model,
        messages=messages,
        tools=tools or tools_of_schema(schema),
        is_structured=bool(schema),
        **common,
    )


def schema_in_prompt(messages: Iterable[tuple[str, str]]) -> JSONDict | None:
    """Find the schema of a structured answer that stands on a line of its own in the instructions."""
    lines = [line.strip() for role, text in messages if role == "system" for line in text.splitlines()]
    for line in lines:
        if line.startswith("{") and '"calls"' in line:
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict) and "calls" in found.get("properties", {}):
                return found
    return None


def tools_of_schema(schema: JSONDict | None) -> list[JSONDict]:
    """Read the tools from the schema of our structured answers: {reply, calls: [{tool, arguments}]}."""
    calls = ((schema or {}).get("properties") or {}).get("calls") or {}
    items = calls.get("items") or {}
    return [_tool_of_shape(shape["properties"]) for shape in items.get("anyOf") or [items] if shape.get("properties")]


def _tool_of_shape(properties: JSONDict) -> JSONDict:
    tool = properties["tool"]
    name = tool.get("const") or tool["enum"][0]
    return {"name": name, "description": tool.get("description", ""), "parameters": properties["arguments"]}


def structured_text(reply: ModelReply) -> str:
    """Write a reply as the one JSON object of structured mode."""
    calls = [{"tool": name, "arguments": arguments} for name, arguments in reply.tool_calls]
    return json.dumps({"reply": reply.text, "calls": calls})


def frames(request: ModelRequest, written: Written) -> Iterator[bytes]:
    """Give a reply in the API's form: the frames of a stream, or one JSON document."""
    writers = {
        "openai": (_openai_stream, _openai_document),
        "anthropic": (_anthropic_stream, _anthropic_document),
        "google": (_google_stream, _google_document),
        "ollama": (_ollama_stream, _ollama_document),
    }
    stream, document = writers[request.api]
    if request.is_streaming:
        return stream(request, written)
    return iter([json.dumps(document(request, written)).encode()])


def content_type(request: ModelRequest) -> str:
    """Name the type under which the frames go out."""
    if not request.is_streaming:
        return "application/json"
    return "application/x-ndjson" if request.api == "ollama" else "text/event-stream"


def sse(data: Any, event: str = "") -> bytes:
    """Write one server-sent event."""
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()


def _openai_usage(written: Written) -> JSONDict:
    prompt, completion = written.usage
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _openai_stream(request: ModelRequest, written: Written) -> Iterator[bytes]:
    head: JSONDict = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": CREATED, "model": request.model}

    def chunk(delta: JSONDict, finish: str | None = None) -> bytes:
        return sse({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    yield chunk({"role": "assistant", "content": ""})
    for piece in written.pieces():
        yield chunk({"content": piece})
    for index, (name, arguments) in enumerate(written.calls):
        function = {"name": name, "arguments": ""}
        yield chunk({"tool_calls": [{"index": index, "id": f"call_{index}", "type": "function", "function": function}]})
        for piece in cut(arguments):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, written.finish)
    if (request.body.get("stream_options") or {}).get("include_usage"):
        yield sse({**head, "choices": [], "usage": _openai_usage(written)})
    yield sse("[DONE]")


def _openai_document(request: ModelRequest, written: Written) -> JSONDict:
    calls = [
        {"id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for index, (name, arguments) in enumerate(written.calls)
    ]
    message = {"role": "assistant", "content": written.text or None} | ({"tool_calls": calls} if calls else {})
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": CREATED,
        "model": request.model,
        "choices": [{"index": 0, "message": message, "finish_reason": written.finish}],
        "usage": _openai_usage(written),
    }


def _anthropic_finish(written: Written) -> str:
    return {STOP: "end_turn", LENGTH: "max_tokens", CALLS: "tool_use"}[written.finish]


def _anthropic_stream(request: ModelRequest, written: Written) -> Iterator[bytes]:
    def event(kind: str, **fields: Any) -> bytes:
        return sse({"type": kind, **fields}, kind)

    message = {**_anthropic_message(request), "content": [], "stop_reason": None}
    yield event("message_start", message=message | {"usage": {"input_tokens": written.usage[0], "output_tokens": 1}})
    yield event("ping")
    blocks: list[tuple[JSONDict, list[JSONDict]]] = []
    if written.text:
        pieces = [{"type": "text_delta", "text": piece} for piece in written.pieces()]
        blocks.append(({"type": "text", "text": ""}, pieces))
    for index, (name, arguments) in enumerate(written.calls):
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *cut(arguments)]]
        blocks.append(({"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": {}}, deltas))
    for index, (block, block_deltas) in enumerate(blocks):
        yield event("content_block_start", index=index, content_block=block)
        for delta in block_deltas:
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    end = {"stop_reason": _anthropic_finish(written), "stop_sequence": None}
    yield event("message_delta", delta=end, usage={"output_tokens": written.usage[1]})
    yield event("message_stop")


def _anthropic_message(request: ModelRequest) -> JSONDict:
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": request.model, "stop_sequence": None}


def _anthropic_document(request: ModelRequest, written: Written) -> JSONDict:
    content: list[JSONDict] = [{"type": "text", "text": written.text}] if written.text else []
    content += [
        {"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": loose(arguments)}
        for index, (name, arguments) in enumerate(written.calls)
    ]
    return {
        **_anthropic_message(request),
        "content": content,
        "stop_reason": _anthropic_finish(written),
        "usage": {"input_tokens": written.usage[0], "output_tokens": written.usage[1]},
    }


def loose(arguments: str) -> Any:
    """Give arguments to the APIs that send them as JSON; what is no JSON goes as the text that it is."""
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def _google_part(request: ModelRequest, parts: list[JSONDict], finish: str = "") -> JSONDict:
    candidate: JSONDict = {"content": {"role": "model", "parts": parts}, "index": 0}
    return {"candidates": [candidate | ({"finishReason": finish} if finish else {})], "modelVersion": request.model}


def _google_calls(written: Written) -> list[JSONDict]:
    return [{"functionCall": {"name": name, "args": loose(arguments)}} for name, arguments in written.calls]


def _google_end(request: ModelRequest, written: Written, parts: list[JSONDict]) -> JSONDict:
    prompt, completion = written.usage
    usage = {"promptTokenCount": prompt, "candidatesTokenCount": completion, "totalTokenCount": prompt + completion}
    # A call of a tool ends with STOP here.
    finish = "MAX_TOKENS" if written.finish == LENGTH else "STOP"
    return {**_google_part(request, parts, finish), "usageMetadata": usage}


def _google_stream(request: ModelRequest, written: Written) -> Iterator[bytes]:
    for piece in written.pieces():
        yield sse(_google_part(request, [{"text": piece}]))
    for call in _google_calls(written):
        yield sse(_google_part(request, [call]))
    yield sse(_google_end(request, written, [{"text": ""}]))


def _google_document(request: ModelRequest, written: Written) -> JSONDict:
    text = [{"text": written.text}] if written.text else []
    return _google_end(request, written, text + _google_calls(written))


def _ollama_line(request: ModelRequest, message: JSONDict, **fields: Any) -> JSONDict:
    head = {"model": request.model, "created_at": "2025-06-15T15:06:40.000000Z"}
    return {**head, "message": {"role": "assistant", "content": "", **message}, "done": False, **fields}


def _ollama_calls(written: Written) -> JSONDict:
    calls = [{"function": {"name": name, "arguments": loose(arguments)}} for name, arguments in written.calls]
    return {"tool_calls": calls} if calls else {}


def _ollama_end(request: ModelRequest, written: Written, message: JSONDict) -> JSONDict:
    prompt, completion = written.usage
    reason = LENGTH if written.finish == LENGTH else STOP
    counts = {"prompt_eval_count": prompt, "eval_count": completion, "total_duration": 1000, "load_duration": 10}
    return _ollama_line(request, message, done=True, done_reason=reason, **counts)


def _ollama_stream(request: ModelRequest, written: Written) -> Iterator[bytes]:
    lines = [_ollama_line(request, {"content": piece}) for piece in written.pieces()]
    if written.calls:
        lines.append(_ollama_line(request, _ollama_calls(written)))
    for line in [*lines, _ollama_end(request, written, {})]:
        yield json.dumps(line).encode() + b"\n"


def _ollama_document(request: ModelRequest, written: Written) -> JSONDict:
    return _ollama_end(request, written, {"content": written.text, **_ollama_calls(written)})


def embedding(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """Place a text by its words and their letters in threes: similar texts are near; L2-normalised."""
    vector = [0.0] * dimensions
    for word in re.findall(r"\w+", text.lower()):
        parts = [word, *("".join(three) for three in zip(word, word[1:], word[2:], strict=False))]
        for part, weight in zip(parts, itertools.chain([2.0], itertools.repeat(1.0)), strict=False):
            digest = hashlib.blake2b(part.encode(), digest_size=8).digest()
            number = int.from_bytes(digest, "big")
            vector[number % dimensions] += weight if number >> 63 else -weight
    norm = math.sqrt(sum(value * value for value in vector))
    return [value / norm for value in vector] if norm else [1.0, *vector[1:]]


def embeddings_document(body: JSONDict, *, drop: int = 0) -> JSONDict:
    """Answer `/embeddings`; `drop` leaves out vectors at the end."""
    given = body.get("input") or []
    texts = [given] if isinstance(given, str) else list(given)
    vectors = [embedding(text, int(body.get("dimensions") or DIMENSIONS)) for text in texts][: len(texts) - drop]
    coded: list[Any] = vectors
    if body.get("encoding_format") == "base64":
        coded = [base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode() for vector in vectors]
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(coded)]
    tokens = sum(len(text.split()) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": body.get("model", ""), "usage": usage}
