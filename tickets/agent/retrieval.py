"""The search of a run: the knowledge app's one retrieval path, journalled so that a resume quotes the same words."""

from typing import TYPE_CHECKING

import structlog

from supportai.core.errors import DomainError
from supportai.core.models import JSONDict
from tickets.agent.context import AgentContext

if TYPE_CHECKING:
    from knowledge.services.conflicts import Conflict

log = structlog.get_logger(__name__)

# Passages kept in the journal for staff; the answer quotes only some of them.
KEPT_PASSAGES = 6
# A passage is at most about this long; whoever writes from it, and the guards after them, must see the same words.
PASSAGE_LENGTH = 2_000


def retrieve(context: AgentContext) -> JSONDict:
    """Search and compose an extractive answer; returns plain values for the journal.

    A search that is refused or broken finds nothing and says why in `error`, so that a person is asked.
    """
    try:
        return _found(context)
    except DomainError as exc:
        log.warning("retrieve.failed", run_id=context.run_id, error=exc.message)
        return {"probability": 0.0, "features": {}, "passages": [], "sentences": [], "error": exc.message}


def _found(context: AgentContext) -> JSONDict:
    from knowledge.services.calibration import answer_question
    from knowledge.services.reading import AROUND
    from knowledge.services.search import search

    passages = search(query=context.text, history=context.customer_history, language=context.languages[0], limit=AROUND)
    used = _revisions_said(context)
    fresh = [passage for passage in passages if passage.revision_id not in used] if _did_not_help(context) else passages
    answer = answer_question(question=context.text, passages=fresh, history=context.customer_history)
    return {
        "probability": answer.probability,
        "features": answer.features,
        "calibration": answer.calibration,
        "conflict": _told(answer.conflict),
        "passages": [
            {
                "slug": p.slug, "title": p.title, "heading": p.heading, "revision_id": p.revision_id,
                "score": round(p.score, 4), "text": p.body[:PASSAGE_LENGTH], "start": p.start,
            }
            for p in fresh[:KEPT_PASSAGES]
        ],
        "sentences": [
            {
                "text": s.text, "slug": s.passage.slug, "title": s.passage.title, "revision_id": s.passage.revision_id,
                "start": s.start, "end": s.end, "is_step": s.is_step, "mark": s.mark,
            }
            for s in answer.sentences
        ],
    }  # fmt: skip


def _told(conflict: "Conflict | None") -> JSONDict | None:
    """Write down which published passages disagree, for staff and for whoever tidies the articles."""
    if conflict is None:
        return None
    kept, dropped = conflict.kept_passage, conflict.dropped_passage
    return {
        "why": conflict.why,
        "kept": {"text": conflict.kept, "slug": kept.slug, "title": kept.title, "revision_id": kept.revision_id},
        "dropped": {
            "text": conflict.dropped, "slug": dropped.slug, "title": dropped.title, "revision_id": dropped.revision_id,
        },
    }  # fmt: skip


def _did_not_help(context: AgentContext) -> bool:
    step = context.step("understand")
    return step is not None and step.input.get("act") == "not_helpful"


def _revisions_said(context: AgentContext) -> set[int]:
    """Give the revisions that answers of this episode already quoted."""
    return {
        source["revision_id"]
        for step in context.earlier
        if step.kind == "answer"
        for source in step.input.get("sources", [])
        if source.get("revision_id")
    }
