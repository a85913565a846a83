"""The pipeline that drafts an article from a human answer."""

from dataclasses import dataclass
from functools import cache

from haystack import Pipeline

from knowledge.components.article_drafter import ArticleDrafter


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSettings:
    """How articles are drafted."""

    version: int = 1


@dataclass(frozen=True, slots=True)
class ArticleDraft:
    """A drafted article; `concern` says what a person should look at, `question` is what was asked."""

    title: str
    question: str
    body: str
    concern: str


def build_draft_pipeline(_settings: DraftSettings) -> Pipeline:
    """Build question and answer → draft; inputs `drafter.question`, `drafter.answer`."""
    pipeline = Pipeline()
    pipeline.add_component("drafter", ArticleDrafter())
    return pipeline


DEFAULTS = DraftSettings()


def draft(*, question: str, answer: str, settings: DraftSettings = DEFAULTS) -> ArticleDraft:
    """Run this process's draft pipeline."""
    result = _cached(settings).run({"drafter": {"question": question, "answer": answer}})
    return ArticleDraft(**result["drafter"])


@cache
def _cached(settings: DraftSettings) -> Pipeline:
    pipeline = build_draft_pipeline(settings)
    pipeline.warm_up()
    return pipeline
