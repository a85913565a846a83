"""What the AI agent may quote, and what it learned."""

from knowledge.models.article import Article
from knowledge.models.revision import Passage, Revision, content_hash
from knowledge.models.source import Source
from knowledge.models.suggestion import EvaluationCase, Observation, Suggestion

__all__ = [
    "Article",
    "EvaluationCase",
    "Observation",
    "Passage",
    "Revision",
    "Source",
    "Suggestion",
    "content_hash",
]
