"""What happened to an article besides its text, and what its readers said."""

from django.conf import settings
from django.db import models

from knowledge.models.article import Article
from knowledge.models.revision import Revision
from supportai.core.models import BaseModel


class ArticleChange(BaseModel):
    """Something that was done to an article, in words for staff; never changed. Texts are kept as revisions."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="changes")
    what = models.CharField(max_length=500, help_text="A past-tense phrase, such as: published revision 3.")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True)
    actor_kind = models.CharField(max_length=12)

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (models.Index(name="article_change_latest", fields=["article", "-created_at"]),)

    def __str__(self) -> str:
        return self.what


class ArticleFeedback(BaseModel):
    """Whether an article helped one reader; `visitor` is a hash of their cookie, and `revision` is what they read."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="feedback")
    revision = models.ForeignKey(Revision, models.SET_NULL, related_name="+", null=True, blank=True)
    visitor = models.CharField(max_length=64)
    is_helpful = models.BooleanField("helped")
    words = models.TextField("what was missing", max_length=1000, blank=True)

    class Meta:
        ordering = ("-updated_at",)
        verbose_name = verbose_name_plural = "feedback"
        constraints = (models.UniqueConstraint(fields=["article", "visitor"], name="feedback_one_vote_a_visitor"),)

    def __str__(self) -> str:
        return f"{'Helped' if self.is_helpful else 'Did not help'}: {self.article}"
