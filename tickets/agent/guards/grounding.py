"""No source, no sentence: each factual sentence must be carried by what this run's own search found."""

from dataclasses import dataclass, replace

from knowledge.quotes import without_fences
from tickets.agent.context import AgentContext
from tickets.agent.guards.base import Refusal
from tickets.agent.guards.promises import claims
from tickets.agent.guards.support import Support, same_words, supported_by
from tickets.agent.policy import Answer, Cited, Decision, HandOff, Sentence
from tickets.models import AgentStep, Handoff


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A text that the search found; `start` is its place in the revision, None when only its words are known."""

    text: str
    start: int | None = None
    end: int | None = None


def keep_grounded(decision: Decision, context: AgentContext) -> Decision | Refusal:
    """Remove sentences of a factual answer that the journalled search does not carry; refuse when none is left.

    A quote is never the policy's word: it is put together again from what carries the sentences that were kept.
    """
    if not isinstance(decision, Answer) or not (decision.is_factual or any(s.revision_id for s in decision.sources)):
        return decision
    found = found_pieces(context)
    carried = [(sentence, _carrier(sentence, decision, found)) for sentence in decision.sentences]
    kept = tuple((sentence, support) for sentence, support in carried if support is not None)
    if kept:
        sources = tuple(_requoted(source, number, kept) for number, source in enumerate(decision.sources))
        return replace(decision, sentences=tuple(s for s, _ in kept), sources=sources, is_factual=True)
    return Refusal(
        rule="no_source_no_sentence",
        story="Dropped an answer because no sentence of it stands in a source.",
        instead=HandOff(reason=Handoff.Reason.MISSING_KNOWLEDGE),
    )


def found_pieces(context: AgentContext) -> dict[int, tuple[Piece, ...]]:
    """Give what this run's search found, by revision: the sentences and the passages, as the journal holds them."""
    step = context.step(AgentStep.Kind.RETRIEVE)
    pieces: dict[int, tuple[Piece, ...]] = {}
    for piece in [*step.output.get("sentences", ()), *step.output.get("passages", ())] if step else ():
        own = Piece(text=piece["text"], start=piece.get("start"), end=piece.get("end"))
        pieces[piece["revision_id"]] = (*pieces.get(piece["revision_id"], ()), own)
    return pieces


def found_texts(context: AgentContext) -> dict[int, str]:
    """Give the words that this run's search found, by revision."""
    return {revision: "\n".join(p.text for p in pieces) for revision, pieces in found_pieces(context).items()}


def carrier_of(sentence: str, pieces: tuple[Piece, ...]) -> Support | None:
    """Find what carries a sentence in the pieces of one revision; its span is in the revision.

    A paraphrase must not claim an act: an article that tells how refunds are made bears out none.
    """
    for piece in pieces:
        if same_words(sentence, piece.text):
            return _placed(Support(text=sentence, start=0, end=len(piece.text)), piece)
    if claims(sentence):
        return None
    found = ((piece, supported_by(sentence, piece.text)) for piece in pieces)
    return next((_placed(support, piece) for piece, support in found if support is not None), None)


def _placed(support: Support, piece: Piece) -> Support:
    """Move a span from the piece into the revision; a sentence that was found as such knows its own end."""
    if piece.start is None:
        return replace(support, start=0, end=0)
    if piece.end is not None:
        return replace(support, start=piece.start, end=piece.end)
    return replace(support, start=piece.start + support.start, end=piece.start + support.end)


def _carrier(sentence: Sentence, answer: Answer, found: dict[int, tuple[Piece, ...]]) -> Support | None:
    if sentence.source is None or not 0 <= sentence.source < len(answer.sources):
        return None
    return carrier_of(sentence.text, found.get(answer.sources[sentence.source].revision_id or 0, ()))


def _requoted(source: Cited, number: int, kept: tuple[tuple[Sentence, Support], ...]) -> Cited:
    own = [support for sentence, support in kept if sentence.source == number]
    quote = " ".join(dict.fromkeys(without_fences(support.text) for support in own))
    spans = [support for support in own if support.end]
    if not spans:
        return replace(source, quote=quote)
    return replace(source, quote=quote, start=min(s.start for s in spans), end=max(s.end for s in spans))
