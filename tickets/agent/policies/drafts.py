"""Answers that a model writes from numbered passages: what of a draft may be said, and what comes in its place."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from integrations.errors import ModelError
from integrations.services.generators.types import Completion, ToolSpec
from knowledge.stopwords import stems
from supportai.core.models import JSONDict
from tickets.agent.context import AgentContext
from tickets.agent.guards.grounding import carrier_of, found_pieces
from tickets.agent.policies.quoting import PERSON
from tickets.agent.policies.writing import Written, sentences_of
from tickets.agent.policy import Answer, Ask, Cited, Sentence
from tickets.models import AgentStep

# Under this share of a draft's sentences what is left may say something else than the whole did.
KEPT_SHARE = 0.6
MAX_SENTENCES = 12
# A longer draft is no reply; a hostile server may send megabytes, and reading them would hold a worker up.
MAX_DRAFT = 12_000
MAX_QUESTION = 240
MAX_REPLY = 60
# What a button may say whatever the passages are about.
ALWAYS_OFFERED = stems("yes no not sure neither both something else other")
# Of a question's content words this share stands in the customer's words or the passages; nothing new is asked about.
KNOWN_SHARE = 0.6
SECRETS = re.compile(
    r"\b(?:pass\s?words?|pass\s?codes?|pins?|cvv|cvc|card|iban|account number|ssn|social security|secrets?|tokens?|api keys?"
    r"|codes?|date of birth|address|phone)\b",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"[@/\\]|\bwww\.|\.\w{2,}\b")


class NothingFound(BaseModel):
    """The passages do not answer the question."""

    model_config = ConfigDict(extra="forbid")


class AskCustomer(BaseModel):
    """One short question."""

    model_config = ConfigDict(extra="forbid")
    question: str = Field(min_length=8, max_length=MAX_QUESTION, description="One question, ending in a question mark.")
    quick_replies: list[str] = Field(default_factory=list, max_length=4, description="Short answers to choose from.")


class PassOn(BaseModel):
    """Why a person is needed."""

    model_config = ConfigDict(extra="forbid")
    reason: str = Field(max_length=200, description="One sentence for the staff.")


TOOLS = (
    ToolSpec(name="nothing_found", description="The passages do not answer the question.", params=NothingFound),
    ToolSpec(
        name="ask_customer",
        description="Ask the customer one short question, when its answer settles which passage applies.",
        params=AskCustomer,
    ),
    ToolSpec(name="hand_off", description="The customer needs a person for this.", params=PassOn),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a model made of the passages: sentences, or a tool in their place."""

    kind: Literal["text", "nothing", "ask", "hand_off"]
    sentences: tuple[Written, ...] = ()
    question: str = ""
    quick_replies: tuple[str, ...] = ()
    reason: str = ""

    @property
    def said(self) -> str:
        """Tell it for the journal."""
        count = len(self.sentences)
        words = {
            "nothing": "found no answer in the passages",
            "ask": "wanted to ask back",
            "hand_off": "asked for a person",
        }
        return words.get(self.kind) or f"wrote {count} sentence{'' if count == 1 else 's'}"


def read_draft(completion: Completion) -> Draft:
    """Read a completion: the first tool that it called, else its text.

    Raises:
        ModelError: it holds neither, or goes on for ever.
    """
    for request in completion.tool_requests:
        given = request.arguments
        if request.name == "nothing_found":
            return Draft(kind="nothing")
        if request.name == "ask_customer":
            replies = tuple(str(text) for text in given.get("quick_replies", ()))
            return Draft(kind="ask", question=str(given["question"]), quick_replies=replies)
        if request.name == "hand_off":
            return Draft(kind="hand_off", reason=str(given["reason"]))
    if len(completion.text) > MAX_DRAFT:
        raise ModelError("malformed", "The model wrote far more than a reply.")
    sentences = sentences_of(completion.text)
    if not sentences:
        raise ModelError("empty", "The model wrote no sentence.")
    return Draft(kind="text", sentences=sentences)


def passages_of(context: AgentContext) -> list[JSONDict]:
    """Give the passages that this run found, in their order: number n of a prompt is the n-th."""
    step = context.step(AgentStep.Kind.RETRIEVE)
    return list(step.output.get("passages", ())) if step else []


def answer_from(written: Sequence[Written], context: AgentContext, like: Answer) -> Answer | None:
    """Make an answer of the sentences that their passage carries; None when too little of the draft is left.

    Confidence, quick replies and the rest come from `like`, the answer that quotes the same passages: how sure the
    search is does not depend on who writes. A list with a step missing would lead astray, so it is given up whole.
    """
    passages, pieces = passages_of(context), found_pieces(context)
    sources: list[Cited] = []
    sentences: list[Sentence] = []
    for piece in written[:MAX_SENTENCES]:
        if piece.passage is None or not 1 <= piece.passage <= len(passages):
            continue
        passage = passages[piece.passage - 1]
        if carrier_of(piece.text, pieces.get(passage["revision_id"], ())) is None:
            continue
        source = _source_index(sources, passage)
        sentences.append(Sentence(text=piece.text, source=source, is_step=piece.is_step, mark=piece.mark))
    if not sentences or len(sentences) < KEPT_SHARE * len(written) or _lost_a_step(written, sentences):
        return None
    return Answer(
        sentences=tuple(sentences),
        sources=tuple(sources),
        confidence=like.confidence,
        quick_replies=like.quick_replies,
        is_factual=True,
        why="A language model wrote it from published passages, which carry each sentence.",
    )


def _lost_a_step(written: Sequence[Written], sentences: Sequence[Sentence]) -> bool:
    return sum(piece.is_step for piece in written) != sum(sentence.is_step for sentence in sentences)


def _source_index(sources: list[Cited], passage: JSONDict) -> int:
    """Give one number to each article, in the order in which they are used; the guard fills in quote and span."""
    for index, known in enumerate(sources):
        if known.revision_id == passage["revision_id"]:
            return index
    title, slug = str(passage["title"]), str(passage["slug"])
    sources.append(Cited(title=title, revision_id=passage["revision_id"], article_slug=slug))
    return len(sources) - 1


def question_from(draft: Draft, context: AgentContext) -> Ask | None:
    """Make a question of a draft that asks back; None for one that must not be asked, or the second in a row.

    A question is not carried by a passage, so it may only be about what the customer or the passages speak of, and
    never about what nobody should write into a chat.
    """
    asked_before = context.pending is not None or any(
        step.kind == AgentStep.Kind.ASK and step.input.get("about", {}).get("by") == "model" for step in context.earlier
    )
    if asked_before or not _may_ask(draft.question, context):
        return None
    replies = [text for text in draft.quick_replies if len(text) <= MAX_REPLY and _may_offer(text, context)]
    return Ask(
        text=draft.question,
        expects="open",
        quick_replies=(*({"label": text, "value": text} for text in replies), PERSON),
        about={"by": "model"},
        why="The passages answer it differently from case to case.",
    )


def _may_ask(question: str, context: AgentContext) -> bool:
    text = question.strip()
    if not text.endswith("?") or text.count("?") > 1 or SECRETS.search(text) or not _is_plain(text):
        return False
    asked = stems(text)
    return bool(asked) and len(asked & _known(context)) >= KNOWN_SHARE * len(asked)


def _may_offer(text: str, context: AgentContext) -> bool:
    """Tell whether a button may say this: nothing that neither the customer nor a passage spoke of."""
    return _is_plain(text) and not SECRETS.search(text) and stems(text) <= _known(context) | ALWAYS_OFFERED


def _known(context: AgentContext) -> frozenset[str]:
    return stems(" ".join([context.text, *(str(p["text"]) for p in passages_of(context))]))


def _is_plain(text: str) -> bool:
    """Tell whether a text holds no address and no figure that could pass for a fact."""
    return not ADDRESS.search(text) and not any(character.isdigit() for character in text)
