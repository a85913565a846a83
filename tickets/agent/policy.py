"""The interface between the loop and a policy: what it may decide, and how it understood the turn."""

from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from supportai.core.models import JSONDict
from tickets.agent.calls import ModelCall
from tickets.agent.context import AgentContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A source of an answer: words of a revision, or (without revision) a look-up of this run."""

    title: str
    quote: str = ""
    revision_id: int | None = None
    article_slug: str = ""
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One piece of an answer; `source` is the index of its `Cited`, None for a frame such as a greeting.

    `mark` is "1." or "-" for an entry of a list, as it stood in the source.
    """

    text: str
    source: int | None = None
    is_step: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Say something. With `ledger` the ticket is resolved at once; `is_final` means no question is open.

    `shown` counts the sentences that the customer saw while the rest was still being written.
    """

    sentences: tuple[Sentence, ...]
    sources: tuple[Cited, ...] = ()
    confidence: float = 1.0
    quick_replies: tuple[dict[str, str], ...] = ()
    card: JSONDict = field(default_factory=dict)
    ledger: str = ""
    is_final: bool = True
    is_factual: bool = False
    shown: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Ask the customer. `expects` is confirm, choice, value or intent; the reply is read against `options`."""

    text: str
    expects: str
    procedure: str = ""
    step: str = ""
    options: tuple[JSONDict, ...] = ()
    card: JSONDict = field(default_factory=dict)
    quick_replies: tuple[dict[str, str], ...] = ()
    confidence: float = 1.0
    about: JSONDict = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Call a capability. `confirmation` is the id of the confirm question that was answered with yes."""

    capability: str
    arguments: JSONDict
    procedure: str
    step: str
    confirmation: str = ""
    confidence: float = 1.0
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOff:
    """Pass to a person. `notice` is what the customer reads; `draft` what staff may send."""

    reason: str
    notice: str = ""
    draft: str = ""
    next_step: str = ""
    confidence: float = 1.0
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """Close the ticket after what was said."""

    ledger: str
    confidence: float = 1.0
    why: str = ""


Decision = Answer | Ask | Act | HandOff | Resolve
DECISIONS: dict[str, type[Decision]] = {
    "answer": Answer,
    "ask": Ask,
    "act": Act,
    "hand_off": HandOff,
    "resolve": Resolve,
}
KINDS: dict[type[Decision], str] = {cls: kind for kind, cls in DECISIONS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """What the turn means: journalled first, never computed again for this run.

    `act` is what the words do in the conversation: answer (to the pending question), thanks, not_helpful,
    human_request, small_talk, or request. `reply` holds the answer to the pending question. `starts` names the
    procedure that begins with this turn; values of an earlier one are dropped then.
    """

    act: str
    intent: str = ""
    probability: float = 0.0
    alternatives: tuple[tuple[str, float], ...] = ()
    starts: str = ""
    reply: JSONDict = field(default_factory=dict)
    slots: JSONDict = field(default_factory=dict)
    needs_knowledge: bool = False
    story: str = ""


class Policy(Protocol):
    """Decides the next step; the loop validates, may refuse, and carries it out."""

    name: str

    def understand(self, context: AgentContext) -> Understanding:
        """Say what the turn means."""

    def decide(self, context: AgentContext) -> Decision:
        """Say what to do next, given the journal so far."""

    def versions(self) -> dict[str, str]:
        """Name the versions that a run was decided on."""

    def take_calls(self) -> tuple[ModelCall, ...]:
        """Give the model calls since the last time this was asked, for the journal."""


def to_json(decision: Decision) -> JSONDict:
    """Write a decision for the journal."""
    return {"decision": KINDS[type(decision)], **asdict(decision)}


def from_json(data: JSONDict) -> Decision:
    """Read a decision back from the journal."""
    fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in data.items()}
    cls = DECISIONS[fields.pop("decision")]
    if cls is Answer:
        fields["sentences"] = tuple(Sentence(**s) for s in fields["sentences"])
        fields["sources"] = tuple(Cited(**s) for s in fields["sources"])
    return cls(**fields)


def text_of(decision: Decision) -> str:
    """Give the text that the customer would read, without citation marks."""
    if isinstance(decision, Answer):
        return " ".join(sentence.text for sentence in decision.sentences)
    if isinstance(decision, Ask):
        return decision.text
    return decision.notice if isinstance(decision, HandOff) else ""


def understanding_from_json(data: JSONDict) -> Understanding:
    """Read an understanding back from the journal."""
    fields: dict[str, Any] = dict(data)
    fields["alternatives"] = tuple((name, p) for name, p in fields.get("alternatives", ()))
    return Understanding(**fields)
