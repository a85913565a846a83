"""How a scripted model fails: what each fault does to a reply, to its frames, or to the whole answer."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from supportai.tests.model_wire import (
    JSONDict,
    ModelReply,
    ModelRequest,
    Written,
    embeddings_document,
    frames,
    sse,
    structured_text,
)

FAULTS = {
    "right": "answers as its brain says",
    "slow": "is silent for a while (--delay) before it answers",
    "hang": "accepts the request and never answers",
    "trickle": "answers a byte at a time, with a pause after each",
    "trickle_head": "sends header lines for ever",
    "idle": "keeps the stream alive for ever and says nothing",
    "broken": "closes the connection in the middle of the answer",
    "unfinished": "ends in the middle of the answer as if that were all",
    "cut_off": "stops at the limit of tokens, in the middle of a tool call when there is one",
    "malformed": "calls a tool with arguments that are no JSON (no JSON at all when there is no tool)",
    "unknown_tool": "calls a tool that nobody offered",
    "wrong_types": "calls a tool with arguments of other types, and one too many",
    "text_calls": "writes its tool calls into the text, as small models do",
    "error_event": "sends an error in the middle of the stream",
    "rate_limited": "429 with Retry-After",
    "overloaded": "503 with Retry-After",
    "server_error": "500",
    "refused": "401, quoting the key",
    "bad_request": "400",
    "redirect": "sends the client elsewhere",
    "empty": "says nothing, in the right form",
    "no_body": "200 without a body",
    "html": "200 with a page, as a proxy does",
}
STATUSES = {"rate_limited": 429, "overloaded": 503, "server_error": 500, "refused": 401, "bad_request": 400}
TRICKLED = 1


def check_fault(name: str) -> str:
    """Refuse a fault that does not exist.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in FAULTS:
        raise ValueError(f"There is no fault {name!r}; there are {', '.join(FAULTS)}.")
    return name


def embeddings(request: ModelRequest, fault: str) -> JSONDict:
    if fault == "empty":
        return {"object": "list", "data": [], "model": request.model, "usage": {}}
    document = embeddings_document(request.body, drop=1 if fault == "malformed" else 0)
    if fault == "wrong_types":
        document["data"][0]["embedding"] = ["a", None]
    return document


def written(request: ModelRequest, reply: ModelReply, fault: str, usage: tuple[int, int]) -> Written:
    """Write a reply as this API and mode want it, with what the fault does to it."""
    reply = spoil(request, reply, fault)
    calls: list[tuple[str, str]] = [(name, json.dumps(arguments)) for name, arguments in reply.tool_calls]
    text = reply.text
    if request.is_structured:
        text, calls = structured_text(reply), []
    elif fault == "text_calls" and calls:
        shown = [{"name": name, "arguments": arguments} for name, arguments in reply.tool_calls]
        text = f"{text}\n```json\n{json.dumps(shown[0] if len(shown) == 1 else shown, indent=2)}\n```"
        calls = []
    if fault in {"malformed", "cut_off"}:
        # These two send a call whole or not at all.
        is_dropped = fault == "cut_off" and request.api in {"google", "ollama"}
        calls = [] if is_dropped else calls
        text, calls = halve(text, calls, is_text=request.is_structured or fault == "cut_off")
    finish: Literal["length", "tool_calls", "stop"] = (
        "length" if fault == "cut_off" else "tool_calls" if calls else "stop"
    )
    return Written(text=text, calls=tuple(calls), finish=finish, usage=usage)


def spoil(request: ModelRequest, reply: ModelReply, fault: str) -> ModelReply:
    """Change what is said: nothing, or a call that is wrong even if the brain made none."""
    if fault == "empty":
        return ModelReply()
    if not request.tools or fault not in {"malformed", "unknown_tool", "wrong_types"}:
        return reply
    name, arguments = reply.tool_calls[0] if reply.tool_calls else (request.tools[0]["name"], {"value": "x"})
    if fault == "unknown_tool":
        return ModelReply(reply.text, [("no_such_tool", arguments)])
    if fault == "wrong_types":
        return ModelReply(reply.text, [(name, {key: [str(value)] for key, value in arguments.items()} | {"extra": 1})])
    return ModelReply(reply.text, [(name, arguments)])


def halve(text: str, calls: Sequence[tuple[str, str]], *, is_text: bool) -> tuple[str, list[tuple[str, str]]]:
    """Break the last call in the middle of its arguments, or the text when there is no call."""
    if calls:
        *whole, (name, arguments) = calls
        return text, [*whole, (name, arguments[: max(1, len(arguments) - 2)])]
    return (text[: len(text) // 2] if is_text else text), []


def with_fault(right: Iterable[bytes], request: ModelRequest, fault: str) -> list[bytes]:
    """Change the frames as the fault says."""
    parts = list(right)
    if fault == "malformed" and not request.tools and request.api != "embeddings":
        return [*parts[:1], no_json(request)]
    if fault in {"broken", "unfinished"}:
        middle = len(parts) // 2
        half = parts[middle][: len(parts[middle]) // 2]
        return [*parts[:middle], half] if fault == "broken" or middle == 0 else parts[:middle]
    if fault == "error_event":
        return [*parts[: len(parts) // 2], error_event(request)]
    return parts


def alive(request: ModelRequest) -> bytes:
    """Give what keeps a stream alive and says nothing: a comment, or an empty piece where there are no comments."""
    if request.api in {"google", "ollama"} and request.is_streaming:
        return next(frames(request, Written(text=" ", calls=(), finish="stop")))
    return b": still here\n\n" if request.is_streaming else b"\n"


def error_event(request: ModelRequest) -> bytes:
    """Give an error as each API puts it into a stream."""
    if request.api == "ollama":
        return b'{"error": "the model was unloaded"}\n'
    error = {"type": "overloaded_error", "message": "Overloaded", "code": 529, "status": "UNAVAILABLE"}
    return sse({"type": "error", "error": error}, "error" if request.api == "anthropic" else "")


def no_json(request: ModelRequest) -> bytes:
    if request.is_streaming and request.api != "ollama":
        return sse('{"choices": [', "content_block_delta" if request.api == "anthropic" else "")
    return b'{"choices": [\n'


def cut_bytes(parts: Sequence[bytes]) -> Iterator[bytes]:
    """Give the answer a byte at a time."""
    whole = b"".join(parts)
    return (whole[start : start + TRICKLED] for start in range(0, len(whole), TRICKLED))
