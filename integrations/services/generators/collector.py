"""Puts a streamed answer together, and shows of it what is surely text.

Haystack's own message is not used: it leaves out calls whose arguments are no JSON, loses one of two calls that Ollama
sends at once, and cannot tell an answer that ended from one that was cut off.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from integrations.services.generators.structured import partial_reply
from integrations.services.generators.texts import shown_length
from supportai.core.models import JSONDict

REREAD_PART = 64
ENDS = {
    "length": "length",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "content_filter": "content_filter",
    "refusal": "content_filter",
    "safety": "content_filter",
    "tool_calls": "tool_calls",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
}


@dataclass(slots=True)
class PartialCall:
    """A call that is still arriving."""

    index: int
    call_id: str
    name: str
    arguments: str = ""

    @property
    def is_whole(self) -> bool:
        """Tell whether the arguments could be all."""
        try:
            json.loads(self.arguments)
        except ValueError:
            return False
        return True


@dataclass(slots=True, kw_only=True)
class Collector:
    """The callback of a generator: keeps text, calls, usage and the end; hands on what may be shown.

    `mode` is plain (all text is shown at once), tools (what may be a call is held back) or structured (only the reply
    inside the object is shown).
    """

    mode: str
    on_text: Callable[[str], None] | None = None
    text: str = ""
    calls: list[PartialCall] = field(default_factory=list)
    finish: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    has_chunks: bool = False
    # What the caller's own function raised; it is the caller's, and no failure of the model.
    caller_error: Exception | None = None
    _shown: str = ""
    _read: int = 0

    def __call__(self, chunk: Any) -> None:
        """Take one piece of the stream."""
        self.has_chunks = True
        self._count(chunk.meta)
        for delta in chunk.tool_calls or ():
            self._add_call(delta)
        if chunk.content:
            self.text += chunk.content
            self._show(self._showable())
        self.finish = _end_of(chunk) or self.finish

    def show_rest(self, text: str) -> None:
        """Show what was held back, once the whole text is known."""
        if text.startswith(self._shown):
            self._show(text)

    def _showable(self) -> str:
        if self.on_text is None:
            return ""
        if self.mode == "structured":
            return self._reply_so_far()
        return self.text[: shown_length(self.text, len(self._shown))] if self.mode == "tools" else self.text

    def _reply_so_far(self) -> str:
        """Read the object again when it has grown by a part, so that a long one costs no more than its length."""
        if len(self.text) - self._read < len(self.text) // REREAD_PART:
            return self._shown
        self._read = len(self.text)
        return partial_reply(self.text)

    def _show(self, text: str) -> None:
        piece = text[len(self._shown) :]
        if not piece or self.on_text is None:
            return
        self._shown = text
        try:
            self.on_text(piece)
        except Exception as exc:
            self.caller_error = exc
            raise

    def _add_call(self, delta: Any) -> None:
        call = self._call_of(delta)
        if call is None:
            call = PartialCall(delta.index, delta.id or "", delta.tool_name or "")
            self.calls.append(call)
        call.name = call.name or delta.tool_name or ""
        call.arguments += delta.arguments or ""

    def _call_of(self, delta: Any) -> PartialCall | None:
        """Find the call that a piece belongs to; some servers give each call the same index, or no id."""
        call = next((call for call in reversed(self.calls) if call.index == delta.index), None)
        if call is None:
            return None
        if delta.id and call.call_id:
            return call if delta.id == call.call_id else None
        is_next = bool(delta.tool_name and (call.is_whole or call.name not in {"", delta.tool_name}))
        return None if is_next else call

    def _count(self, meta: JSONDict) -> None:
        read, wrote = usage_of(meta)
        self.input_tokens = max(self.input_tokens, read)
        self.output_tokens = max(self.output_tokens, wrote)


def usage_of(meta: JSONDict) -> tuple[int, int]:
    """Read tokens in and out from what a piece says of itself, in the words of each API; 0 is unknown.

    Some count what was thought before the answer in the total only; it is paid as output.
    """
    message = meta.get("message")
    found = meta.get("usage") or (message.get("usage") if isinstance(message, dict) else None) or meta
    if not isinstance(found, dict):
        return 0, 0
    read = _first(found, "prompt_tokens", "input_tokens", "prompt_eval_count")
    wrote = _first(found, "completion_tokens", "output_tokens", "eval_count")
    return read, max(wrote, _first(found, "total_tokens") - read)


def _first(found: JSONDict, *names: str) -> int:
    return next((value for name in names if isinstance(value := found.get(name), int)), 0)


def _end_of(chunk: Any) -> str:
    """Name how the answer ended, if this piece says so; Haystack's word for it leaves out some of the servers'."""
    meta: JSONDict = chunk.meta
    delta = meta.get("delta")
    raw = meta.get("finish_reason") or meta.get("done_reason")
    raw = raw or (delta.get("stop_reason") if isinstance(delta, dict) else None)
    if raw:
        return ENDS.get(str(raw).lower(), "stop")
    return str(chunk.finish_reason or ("stop" if meta.get("done") else ""))
