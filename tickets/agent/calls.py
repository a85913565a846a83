"""What a model was asked for and what came of it, as the journal keeps it and people read it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from supportai.core.models import JSONDict

MICRODOLLARS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """One attempt at one provider; `fault` says why nothing came of it, `is_skipped` that it was not even asked.

    `said` tells what it chose or wrote.
    """

    provider: str
    model: str
    prompt: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_microdollars: int = 0
    duration_ms: int = 0
    fault: str = ""
    said: str = ""
    is_skipped: bool = False


def totals(calls: Sequence[ModelCall]) -> JSONDict:
    """Give the fields of a journalled step: the model that was listened to, and what all attempts took."""
    used = next((call for call in reversed(calls) if not call.fault), None)
    return {
        "model": f"{used.provider}: {used.model}"[:160] if used else "",
        "tokens": sum(call.input_tokens + call.output_tokens for call in calls),
        "cost_microdollars": sum(call.cost_microdollars for call in calls),
        "calls": [asdict(call) for call in calls],
    }


def faults_in_words(calls: Sequence[ModelCall]) -> str:
    """Say what went wrong and who went on, in one or two sentences; empty when nothing did."""
    faults = [f"{call.provider} {call.fault}" for call in calls if call.fault]
    if not faults:
        return ""
    used = next((call for call in reversed(calls) if not call.fault), None)
    who = used.provider if used else "the local policy"
    told = f"{', '.join(faults)}; {who} went on."
    return told[0].upper() + told[1:]


def call_in_words(call: JSONDict) -> str:
    """Write a journalled call as one line: `OpenAI, gpt-x chose thanks, 812 + 34 tokens, …`."""
    name = f"{call.get('provider', '')}, {call.get('model', '')}"
    prompt = f"prompt {call.get('prompt', '')}"
    seconds = f"{int(call.get('duration_ms', 0)) / 1000:.1f} s"
    if call.get("is_skipped"):
        return f"{name}, not asked: {call.get('fault', '')}"
    if call.get("fault"):
        return f"{name}, {call['fault']}, {seconds}, {prompt}"
    tokens = f"{call.get('input_tokens', 0)} + {call.get('output_tokens', 0)} tokens"
    cost = dollars(int(call.get("cost_microdollars", 0)))
    said = f" {call['said']}" if call.get("said") else ""
    return f"{name}{said}, {tokens}, {cost}, {seconds}, {prompt}"


def dollars(microdollars: int) -> str:
    """Write millionths of a US dollar: `$0.0012`; nothing is said to be free that only was not priced."""
    return f"${microdollars / MICRODOLLARS:.4f}" if microdollars else "no price set"
