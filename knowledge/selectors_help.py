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
from supportai.core import clock

OPENING_CHARS = 400
# As many titles of a category as are compared to find related ones.
MOST_COMPARED = 300
MOST_WORDS = 50
# New templates and translations come with a new process.
STARTED_AT = clock.now()


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category with the first of its articles and how many it has; no category for those that stand on none."""

    category: Category | None
    articles: Sequence[Article]
    total: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The languages of what is published, the most used one first, and when the help center last looked otherwise.

    The time counts drafts, days that ended and our own code too: it may be later than what readers see, never earlier.
    """

    languages: Sequence[str]
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Votes:
    """How many readers an article helped, and how many it did not."""

    helped: int = 0
    did_not: int = 0
    changed_at: datetime | None = None

    @property
    def total(self) -> int:
        """Count all votes."""
        return self.helped + self.did_not


def readable(language: str = "") -> ArticleQuerySet:
    """Give what everybody may read now, in one language or all."""
    articles = Article.objects.for_everybody()
    return articles.filter(language=language) if language else articles


def overview() -> Overview:
    """Tell in which languages there is something to read, and when anything last changed; one query."""
    is_read = Q(pk__in=readable().order_by().values("pk"))
    rows = Article.objects.order_by().values_list("language")
    counted = rows.annotate(n=Count("pk", filter=is_read), at=Max("updated_at"), shelved=Max("category__updated_at"))
    found = sorted(counted, key=lambda row: (-row[1], row[0]))
    # Last days end with the date.
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    changed = max([today, STARTED_AT, *(at for row in found for at in row[2:] if at)])
    return Overview(tuple(language for language, n, *_ in found if n), changed)


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
    return readable().only("slug", "published_at", "language", "translation_of").order_by("pk")


def translation_groups() -> dict[int, list[tuple[str, str]]]:
    """Give the pages that say the same in several languages, as language and path, by the id of their first one."""
    has_others = Exists(readable().filter(translation_of=OuterRef("pk")))
    rows = readable().filter(has_others | Q(translation_of__isnull=False)).order_by("language", "pk")
    groups: dict[int, list[tuple[str, str]]] = {}
    for pk, first, language, slug in rows.values_list("pk", "translation_of", "language", "slug"):
        groups.setdefault(first or pk, []).append((language, Article(slug=slug).get_absolute_url()))
    return {first: pages for first, pages in groups.items() if len(pages) > 1}


def lists_by_age() -> list[tuple[str, str, datetime | None]]:
    """Give path, language and latest change of each list that has something to read; "" is the first page."""
    rows = readable().order_by().values_list("category__slug", "language").annotate(latest=Max("published_at"))
    by_language: dict[str, datetime | None] = {}
    shelves = []
    for slug, language, latest in sorted(rows, key=lambda row: (row[0] or "", row[1])):
        by_language[language] = max(filter(None, (by_language.get(language), latest)), default=None)
        if slug:
            shelves.append((Category(slug=slug).get_absolute_url(), language, latest))
    return [*(("", language, latest) for language, latest in by_language.items()), *shelves]


def votes_on(article: Article) -> Votes:
    """Count what readers said about an article."""
    votes = ArticleFeedback.objects.filter(article=article)
    counted = votes.aggregate(
        helped=Count("pk", filter=Q(is_helpful=True)),
        did_not=Count("pk", filter=Q(is_helpful=False)),
        changed_at=Max("updated_at"),
    )
    return Votes(**counted)


def words_on(article: Article) -> QuerySet[ArticleFeedback]:
    """Give what readers wrote about an article, the latest first."""
    written = ArticleFeedback.objects.filter(article=article).exclude(words="")
    return written.select_related("revision").order_by("-updated_at")[:MOST_WORDS]
