"""What the AI agent may quote, and what it learned."""

from knowledge.models.answer_use import AnswerUse
from knowledge.models.article import Article
from knowledge.models.calibration import AnswerCalibration
from knowledge.models.category import Category
from knowledge.models.finding import Finding, HygieneCheck
from knowledge.models.gap import Gap, GapQuestion
from knowledge.models.help_settings import HelpSettings
from knowledge.models.reading import ArticleChange, ArticleFeedback
from knowledge.models.retrieval_profile import BUILT_IN, ProfileSettings, RetrievalProfile
from knowledge.models.revision import Passage, Revision, content_hash
from knowledge.models.source import ImportRun, Source, SourceDocument, SourceFile
from knowledge.models.suggestion import EvaluationCase, Observation, Suggestion

__all__ = [
    "BUILT_IN",
    "AnswerCalibration",
    "AnswerUse",
    "Article",
    "ArticleChange",
    "ArticleFeedback",
    "Category",
    "EvaluationCase",
    "Finding",
    "Gap",
    "GapQuestion",
    "HelpSettings",
    "HygieneCheck",
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
