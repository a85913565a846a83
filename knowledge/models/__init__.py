"""What the AI agent may quote, and what it learned."""

from knowledge.models.article import Article
from knowledge.models.retrieval_profile import BUILT_IN, ProfileSettings, RetrievalProfile
from knowledge.models.revision import Passage, Revision, content_hash
from knowledge.models.source import ImportRun, Source, SourceDocument, SourceFile
from knowledge.models.suggestion import EvaluationCase, Observation, Suggestion

__all__ = [
    "BUILT_IN",
    "Article",
    "EvaluationCase",
    "ImportRun",
    "Observation",
    "Passage",
    "ProfileSettings",
    "RetrievalProfile",
    "Revision",
    "Source",
    "SourceDocument",
    "SourceFile",
    "Suggestion",
    "content_hash",
]
