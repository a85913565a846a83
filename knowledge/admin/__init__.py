"""Admin pages of knowledge."""

from knowledge.admin.articles import ArticleAdmin, SourceAdmin
from knowledge.admin.profiles import RetrievalProfileAdmin
from knowledge.admin.suggestions import EvaluationCaseAdmin, SuggestionAdmin

__all__ = ["ArticleAdmin", "EvaluationCaseAdmin", "RetrievalProfileAdmin", "SourceAdmin", "SuggestionAdmin"]
