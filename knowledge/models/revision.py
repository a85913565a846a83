"""Revisions and passages: an article's text over time, and the pieces of it that are searched and quoted."""

import hashlib

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from knowledge.models.article import Article
from supportai.core.models import BaseModel


class Revision(BaseModel):
    """One state of an article's text; never changed once stored. `number` counts from 1 within the article."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=300)
    body = models.TextField(help_text="Markdown.")
    content_hash = models.CharField(max_length=64, editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True)

    class Meta:
        ordering = ("article", "-number")
        constraints = (models.UniqueConstraint(fields=["article", "number"], name="revision_number_unique_in_article"),)

    def __str__(self) -> str:
        return f"{self.title}, revision {self.number}"


class Passage(BaseModel):
    """A piece of a revision under one heading: `body` is `revision.body[start:end]`.

    `heading` is the path of headings above it, joined with " › ".
    """

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="passages")
    position = models.PositiveIntegerField()
    heading = models.CharField(max_length=500, blank=True)
    body = models.TextField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()

    class Meta:
        ordering = ("revision", "position")
        constraints = (
            models.UniqueConstraint(fields=["revision", "position"], name="passage_position_unique_in_revision"),
            models.CheckConstraint(name="passage_ends_after_its_start", condition=Q(end__gt=F("start"))),
        )

    def __str__(self) -> str:
        return f"{self.heading or 'Passage'} ({self.position})"


def content_hash(title: str, body: str) -> str:
    """Hash what a reader sees (SHA-256), so that the same text makes no second revision."""
    return hashlib.sha256(f"{title}\0{body}".encode()).hexdigest()
