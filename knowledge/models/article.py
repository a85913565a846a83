"""Articles: what customers read and the AI agent quotes."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from knowledge.models.category import Category
from knowledge.models.source import MAX_EXTERNAL_ID, Source
from knowledge.models.source import Audience as SourceAudience
from supportai.core import clock
from supportai.core.models import BaseModel


class ArticleQuerySet(models.QuerySet["Article"]):
    """Articles, by who may read them now."""

    def readable(self) -> "ArticleQuerySet":
        """Keep what is published and still true."""
        return self.filter(Article.still_valid(), state=Article.State.PUBLISHED)

    def for_everybody(self) -> "ArticleQuerySet":
        """Keep what the help center may show."""
        return self.readable().filter(audience=Article.Audience.PUBLIC)


class Article(BaseModel):
    """One subject of the help center; its text is in its revisions.

    `current_revision` is what readers see. `index_version` grows with every change that the document store has to
    follow and `indexed_version` is what it has followed, so a late indexing task can never undo a newer one.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_REVIEW = "in_review", "In review"
        PUBLISHED = "published", "Published"
        STALE = "stale", "Stale"
        ARCHIVED = "archived", "Archived"

    Audience = SourceAudience

    class Origin(models.TextChoices):
        """Which text wins when two disagree: article, then crawl, then learned."""

        ARTICLE = "article", "Written or imported"
        CRAWL = "crawl", "Crawled"
        LEARNED = "learned", "Learned from an answer"

    slug = models.SlugField(max_length=200, unique=True, help_text="The last part of its address in the help center.")
    title = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    audience = models.CharField(
        max_length=10,
        choices=Audience,
        default=Audience.PUBLIC,
        help_text="Staff only: never shown or quoted to customers.",
    )
    language = models.CharField(max_length=10, default="en", help_text="ISO 639-1, such as en.")
    product = models.CharField(
        max_length=80,
        blank=True,
        help_text="Searches can be narrowed to it. It names the category where none is chosen.",
    )
    category = models.ForeignKey(
        Category,
        models.SET_NULL,
        related_name="articles",
        null=True,
        blank=True,
        help_text="Where it stands in the help center.",
    )
    valid_until = models.DateField(
        null=True,
        blank=True,
        help_text="The last day on which it is true. From the next day on nobody reads it, and the AI agent never quotes it.",
    )
    translation_of = models.ForeignKey(
        "self",
        models.SET_NULL,
        related_name="translations",
        null=True,
        blank=True,
        help_text="The same page in the language that it was written in first.",
    )
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.ARTICLE)
    source = models.ForeignKey(Source, models.SET_NULL, related_name="articles", null=True, blank=True)
    external_id = models.CharField(max_length=MAX_EXTERNAL_ID, blank=True, help_text="The document's id in its source.")
    current_revision = models.ForeignKey(
        "Revision", models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    index_version = models.PositiveIntegerField(default=0, editable=False)
    indexed_version = models.PositiveIntegerField(default=0, editable=False)
    index_attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    index_failure = models.CharField("why indexing failed", max_length=500, blank=True, editable=False)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ("title",)
        constraints = (
            models.CheckConstraint(name="article_is_no_translation_of_itself", condition=~Q(translation_of=F("id"))),
            models.CheckConstraint(
                name="article_published_has_a_revision",
                condition=~Q(state="published") | Q(current_revision__isnull=False, published_at__isnull=False),
            ),
            models.CheckConstraint(
                name="article_indexed_not_ahead", condition=Q(indexed_version__lte=F("index_version"))
            ),
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~Q(external_id=""),
                name="article_external_id_unique_in_source",
            ),
        )
        indexes = (
            models.Index(
                name="article_waits_for_index",
                fields=["updated_at"],
                condition=Q(indexed_version__lt=F("index_version")),
            ),
            models.Index(
                name="article_ends",
                fields=["valid_until"],
                condition=Q(state="published", valid_until__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.title

    @staticmethod
    def still_valid(prefix: str = "") -> Q:
        """Match articles that are true today; `prefix` leads to the article, such as "revision__article__"."""
        return Q(**{f"{prefix}valid_until__isnull": True}) | Q(**{f"{prefix}valid_until__gte": clock.today()})

    def get_absolute_url(self) -> str:
        """Give its page in the help center."""
        return reverse("knowledge:article", args=[self.slug])

    @property
    def is_published(self) -> bool:
        """Tell whether it is published; it may have ended all the same."""
        return self.state == self.State.PUBLISHED

    @property
    def has_ended(self) -> bool:
        """Tell whether the last day on which it was true is over."""
        return self.valid_until is not None and self.valid_until < clock.today()

    @property
    def is_index_current(self) -> bool:
        """Tell whether the document store has followed the last change."""
        return self.indexed_version == self.index_version
