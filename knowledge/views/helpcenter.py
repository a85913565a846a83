"""The public help center: first page, search, articles."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from accounts.models import Brand
from knowledge import selectors
from knowledge.errors import SearchUnavailableError
from knowledge.headings import last_heading
from knowledge.markdown import render as render_markdown
from knowledge.models import Article
from knowledge.services.answers import ExtractedAnswer, QuotedSentence, compose
from knowledge.services.search import FoundPassage
from knowledge.services.search import search as find
from knowledge.snippets import Piece, snippet

MAX_QUERY = 300
SEARCHED = 24
SHOWN = 8
# As sure as the AI agent has to be by default before it answers without a person.
SURE_ENOUGH = 0.6
# Below this share of the best score a page is not worth showing, and below this score none is: an unrelated page
# reaches about 0.5.
CLOSE_ENOUGH = 0.72
LEAST_SCORE = 0.56


@dataclass(frozen=True, slots=True)
class Hit:
    """One article of a list of results."""

    number: int
    title: str
    url: str
    section: str
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class AnswerBlock:
    """A paragraph or list of a short answer: entries with the number of the source that carries them."""

    kind: str
    entries: list[tuple[str, int]] = field(default_factory=list)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    sections = selectors.articles_by_section()
    context = {"sections": sections, "count": sum(count for _name, _articles, count in sections)}
    return render(request, "knowledge/home.html", context | _frame())


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    query = " ".join(request.GET.get("q", "").split())[:MAX_QUERY]
    context: dict[str, Any] = {"query": query, "hits": [], "answer": [], "is_sure": False}
    if query:
        try:
            passages = find(query=query, limit=SEARCHED)
        except SearchUnavailableError as exc:
            # What exactly is down is for the log and the doctor, not for readers.
            raise SearchUnavailableError("Search is not available right now. Please try again in a minute.") from exc
        answer = compose(question=query, passages=passages)
        is_sure = answer.probability >= SURE_ENOUGH
        quoted = {sentence.passage.article_id for sentence in answer.sentences} if is_sure else set()
        hits = hits_of(query, passages, quoted)
        context |= {"hits": hits, "is_sure": is_sure, "answer": answer_blocks(answer, hits) if is_sure else []}
    return render(request, "knowledge/search.html", context | _frame())


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    page = selectors.public_article(slug)
    assert page.current_revision is not None
    rendered = render_markdown(page.current_revision.body)
    context = {
        "article": page,
        "body": rendered.html,
        "toc": rendered.toc,
        "related": selectors.related_articles(page),
        "is_learned": page.origin == Article.Origin.LEARNED,
    }
    return render(request, "knowledge/article.html", context | _frame())


def hits_of(query: str, passages: Sequence[FoundPassage], quoted: AbstractSet[int] = frozenset()) -> list[Hit]:
    """Give one result an article, best first, numbered as the short answer cites them; quoted ones are always there."""
    best: dict[int, FoundPassage] = {}
    for passage in passages:
        best.setdefault(passage.article_id, passage)
    floor = max(passages[0].score * CLOSE_ENOUGH, LEAST_SCORE) if passages else 0.0
    shown = [passage for passage in best.values() if passage.score >= floor or passage.article_id in quoted][:SHOWN]
    sections = dict(Article.objects.filter(pk__in=[p.article_id for p in shown]).values_list("pk", "product"))
    return [
        Hit(
            number,
            passage.title,
            passage_url(passage),
            sections.get(passage.article_id, ""),
            snippet(query, passage.body),
        )
        for number, passage in enumerate(shown, start=1)
    ]


def answer_blocks(answer: ExtractedAnswer, hits: Sequence[Hit]) -> list[AnswerBlock]:
    """Lay an answer out as paragraphs and lists; each entry names the result it stands in."""
    numbers = {hit.url.partition("#")[0]: hit.number for hit in hits}
    blocks = []
    for kind, group in groupby(answer.sentences, key=_block_kind):
        entries = [(s.text, numbers.get(passage_url(s.passage).partition("#")[0], 0)) for s in group]
        blocks.append(AnswerBlock(kind, _one_mark_a_source(entries)))
    return blocks


def _block_kind(sentence: QuotedSentence) -> str:
    if sentence.is_step:
        return "steps"
    return "list" if sentence.mark else "text"


def _one_mark_a_source(entries: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Keep a source's number only where its words end."""
    following = [number for _text, number in entries[1:]] + [0]
    return [(text, 0 if number == after else number) for (text, number), after in zip(entries, following, strict=True)]


def passage_url(passage: FoundPassage) -> str:
    """Give the address of a passage: its article's page at the heading above it."""
    page = Article(slug=passage.slug).get_absolute_url()
    anchor = slugify(last_heading(passage.heading))
    return f"{page}#{anchor}" if anchor else page


def _frame() -> dict[str, Any]:
    return {"brand": Brand.objects.order_by("pk").first()}
