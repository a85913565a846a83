"""Answers put together from the journalled search: whole sentences of published passages, each with its source."""

from dataclasses import replace

from tickets.agent.context import AgentContext
from tickets.agent.policy import Answer, Cited, Sentence
from tickets.models import AgentStep

# How many questions of either kind the knowledge base can answer: first guesses, refitted once outcomes are there.
IN_SCOPE = 0.75
OUT_OF_SCOPE = 0.3
SOLVED = {"label": "Yes, solved", "value": "Yes, solved"}
NOT_YET = {"label": "Not yet", "value": "Not yet, that did not help"}
PERSON = {"label": "Talk to a person", "value": "Talk to a person"}


def knowledge_answer(context: AgentContext) -> Answer | None:
    """Build the answer from the journalled search, leaving out what was said before in this episode."""
    step = context.step(AgentStep.Kind.RETRIEVE)
    if step is None or not step.output.get("sentences"):
        return None
    found = step.output
    if is_said_already(context):
        return None
    sources: list[Cited] = []
    sentences = []
    for sentence in found["sentences"]:
        source = Cited(
            title=sentence["title"],
            quote=sentence["text"],
            revision_id=sentence["revision_id"],
            article_slug=sentence["slug"],
            start=sentence["start"],
            end=sentence["end"],
        )
        index = _index_of(sources, source)
        sentences.append(
            Sentence(text=sentence["text"], source=index, is_step=sentence["is_step"], mark=sentence.get("mark", ""))
        )
    return Answer(
        sentences=tuple(sentences),
        sources=tuple(sources),
        confidence=_chance_in_scope(float(found["probability"]), context),
        quick_replies=(SOLVED, NOT_YET, PERSON),
        is_factual=True,
        why="Published passages answer it.",
    )


def is_said_already(context: AgentContext) -> bool:
    """Tell whether all that the search found was said before in this episode, so that saying it again helps nobody."""
    step = context.step(AgentStep.Kind.RETRIEVE)
    sentences = (step.output.get("sentences") if step else None) or []
    said_before = {said.text for said in context.said if said.author == "ai_agent"}
    return bool(sentences) and any(all(s["text"] in said for s in sentences) for said in said_before)


def _chance_in_scope(probability: float, context: AgentContext) -> float:
    """Move the answerability by how likely such a turn can be answered at all (Bayes' rule on the odds).

    The model was fitted where every second question had an answer; a plain question about the product has one more
    often, and anything else less often.
    """
    step = context.step(AgentStep.Kind.UNDERSTAND)
    given = step.input if step else {}
    shares = [(given.get("intent", ""), given.get("probability", 0.0)), *given.get("alternatives", ())]
    share = sum(p for slug, p in shares if (found := context.settings.intent(slug)) and found.is_how_to)
    prior = OUT_OF_SCOPE + (IN_SCOPE - OUT_OF_SCOPE) * share
    odds = probability / max(1 - probability, 1e-9) * prior / (1 - prior)
    return float(odds / (1 + odds))


def _index_of(sources: list[Cited], source: Cited) -> int:
    """Give one number to each article; its quote grows to span all that was used of it."""
    for index, known in enumerate(sources):
        if known.revision_id == source.revision_id:
            sources[index] = replace(
                known,
                quote=f"{known.quote} {source.quote}",
                start=min(known.start, source.start),
                end=max(known.end, source.end),
            )
            return index
    sources.append(source)
    return len(sources) - 1
