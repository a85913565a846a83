"""Admin pages of knowledge."""

from knowledge.admin.articles import ArticleAdmin
from knowledge.admin.calibrations import AnswerCalibrationAdmin
from knowledge.admin.categories import CategoryAdmin
from knowledge.admin.gaps import GapAdmin
from knowledge.admin.help_settings import HelpSettingsAdmin
from knowledge.admin.hygiene import FindingAdmin
from knowledge.admin.profiles import RetrievalProfileAdmin
from knowledge.admin.source_documents import SourceDocumentAdmin
from knowledge.admin.sources import SourceAdmin
from knowledge.admin.suggestions import EvaluationCaseAdmin, SuggestionAdmin

__all__ = [
    "AnswerCalibrationAdmin",
    "ArticleAdmin",
    "CategoryAdmin",
    "EvaluationCaseAdmin",
    "FindingAdmin",
    "GapAdmin",
    "HelpSettingsAdmin",
    "RetrievalProfileAdmin",
    "SourceAdmin",
    "SourceDocumentAdmin",
    "SuggestionAdmin",
]
