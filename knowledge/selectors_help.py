"""Reads of the public help center; each starts from `for_everybody`, so nothing else can appear on a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber, Substr

from knowledge.errors import ArticleNotFoundError
from knowledge.models import Article, ArticleFeedback, Category
from knowledge.models.article import ArticleQuerySet
from knowledge.stopwords import stems

OPENING_CHARS = 400
# As many titles of a category as are compared to find related ones.
MOST_COMPARED = 300
MOST_WORDS = 50


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category with the first of its articles and how many it has; no category for those that stand on none."""

    category: Category | None
    articles: Sequence[Article]
    total: int


@dataclass(frozen=True, slots=True)
class Votes:
    """How many readers an article helped, and how many it did not."""

    helped: int = 0
    did_not: int = 0

    @property
    def total(self) -> int:
        """Count all votes."""
        return self.helped + self.did_not


def readable(language: str = "") -> ArticleQuerySet:
    """Give what everybody may read now, in one language or all."""
    articles = Article.objects.for_everybody()
    return articles.filter(language=language) if language else articles


def languages() -> list[str]:
    """Give the languages of the help center, the most used one first."""
    counted = readable().order_by().values_list("language").annotate(n=Count("pk")).order_by("-n", "language")
    return [language for language, _count in counted]


def shelves(language: str = "", per_shelf: int = 6) -> list[Shelf]:
    """Give the categories in their order, each with its first articles; one query, whatever their number."""
    ranked = (
        readable(language)
        .annotate(
            place=Window(RowNumber(), partition_by=[F("category")], order_by=[F("title"), F("pk")]),
            total=Window(Count("pk"), partition_by=[F("category")]),
        )
        .filter(place__lte=per_shelf)
        .select_related("category")
        .only("slug", "title", "category")
        .order_by(F("category__position").asc(nulls_last=True), "category__name", "title", "pk")
    )
    return [
        Shelf(articles[0].category, articles, articles[0].total)
        for articles in (list(group) for _pk, group in groupby(ranked, key=lambda article: article.category_id))
    ]


def category_with(slug: str) -> Category:
    """Give a category.

    Raises:
        ArticleNotFoundError: there is none with this address.
    """
    # One that holds only what readers may not see is none to them.
    is_read = Exists(readable().filter(category=OuterRef("pk")))
    category = Category.objects.filter(is_read, slug=slug).first()
    if category is None:
        raise ArticleNotFoundError("This page does not exist, or no longer does.", slug=slug)
    return category


def articles_on(category: Category, language: str = "") -> QuerySet[Article]:
    """Give a category's articles by title, each with the beginning of its text as `opening`."""
    return (
        readable(language)
        .filter(category=category)
        .annotate(opening=Substr("current_revision__body", 1, OPENING_CHARS))
        .only("slug", "title", "language", "published_at")
        .order_by("title", "pk")
    )


def public_page(slug: str) -> Article:
    """Give one page of the help center with its text and category.

    Raises:
        ArticleNotFoundError: there is none with this address that everybody may read.
    """
    article = readable().filter(slug=slug).select_related("current_revision", "category").first()
    if article is None:
        raise ArticleNotFoundError("This page does not exist, or no longer does.", slug=slug)
    return article


def related_articles(article: Article, limit: int = 4) -> list[Article]:
    """Give other pages of the same category and language, those whose titles share most words with its own first."""
    others = (
        readable(article.language)
        .filter(category=article.category_id)
        .exclude(pk=article.pk)
        .only("slug", "title")
        .order_by("-published_at")[:MOST_COMPARED]
    )
    words = stems(article.title)
    return sorted(others, key=lambda other: -len(words & stems(other.title)))[:limit]


def translations_of(article: Article) -> list[Article]:
    """Give the page in each language that everybody may read it in, itself included; a lone one has only itself."""
    first = article.translation_of_id or article.pk
    found = readable().filter(Q(pk=first) | Q(translation_of=first)).only("slug", "language").order_by("language", "pk")
    return list(found)


def articles_by_age() -> QuerySet[Article]:
    """Give every page with the time of its last change, in an order that does not change."""
    return readable().only("slug", "published_at").order_by("pk")


def lists_by_age() -> list[tuple[str, datetime | None]]:
    """Give the paths of the categories that have something to read, each with its latest change; "" is the first page."""
    latest = dict(
        readable()
        .order_by()
        .values_list("category__slug")
        .annotate(latest=Max("published_at"))
        .order_by("category__slug")
    )
    shelves = [(Category(slug=slug).get_absolute_url(), changed) for slug, changed in latest.items() if slug]
    return [("", max(latest.values(), default=None)), *shelves]


def votes_on(article: Article) -> Votes:
    """Count what readers said about an article."""
    counted = (
        ArticleFeedback.objects.filter(article=article).order_by().values_list("is_helpful").annotate(n=Count("pk"))
    )
    by_answer = dict(counted)
    return Votes(by_answer.get(True, 0), by_answer.get(False, 0))


def words_on(article: Article) -> QuerySet[ArticleFeedback]:
    """Give what readers wrote about an article, the latest first."""
    written = ArticleFeedback.objects.filter(article=article).exclude(words="")
    return written.select_related("revision").order_by("-updated_at")[:MOST_WORDS]
