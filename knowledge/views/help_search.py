"""The help center's search: a page of its own, and the same results while somebody types."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import groupby

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from knowledge.errors import SearchUnavailableError
from knowledge.headings import last_heading
from knowledge.models import Article
from knowledge.services import gaps
from knowledge.services.answers import ExtractedAnswer, QuotedSentence
from knowledge.services.calibration import answer_question
from knowledge.services.search import FoundPassage
from knowledge.services.search import search as find
from knowledge.snippets import Piece, snippet
from knowledge.views.help_frame import Frame, help_page
from supportai.core.errors import TooManyRequestsError
from supportai.core.limits import count_against
from supportai.core.models import JSONDict

MAX_QUERY = 300
GAPS_AN_HOUR = 10
# A letter says nothing yet.
LEAST_TYPED = 2
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
    category: str
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class AnswerBlock:
    """A paragraph or list of a short answer: entries with the number of the source that carries them."""

    kind: str
    entries: list[tuple[str, int]] = field(default_factory=list)


@require_safe
@help_page
def search(request: HttpRequest, frame: Frame) -> HttpResponse:
    """Answer a submitted question with a page, and what is typed so far with the results alone."""
    is_typing = bool(getattr(request, "htmx", False))
    query = " ".join(request.GET.get("q", "").replace("\0", "").split())[:MAX_QUERY]
    wanted = query if len(query) >= (LEAST_TYPED if is_typing else 1) else ""
    context: JSONDict = {"query": wanted, "hits": [], "answer": [], "is_sure": False}
    if wanted:
        address = request.META.get("REMOTE_ADDR", "")
        count_against("help-search", address, limit=settings.HELP_SEARCHES_PER_MINUTE, seconds=60)
        answer, passages = _ask(wanted, frame.language)
        context |= _results(wanted, answer, passages)
        # A question that was sent counts, not the words on the way to it.
        if not is_typing and not context["is_sure"] and _is_counted(address):
            gaps.report_search(
                query=wanted, probability=answer.probability, language=frame.language or frame.only_language
            )
    if is_typing:
        response = render(request, "knowledge/partials/_results.html", context | {"brand": frame.brand})
    else:
        context["alternates"] = frame.in_languages(reverse("knowledge:search"))
        response = frame.show("knowledge/search.html", context)
    patch_vary_headers(response, ["HX-Request"])
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _is_counted(address: str) -> bool:
    """Tell whether a search without an answer becomes a gap; of one address a few an hour do, so that none fills the day."""
    try:
        count_against("help-gap", address, limit=GAPS_AN_HOUR, seconds=3600)
    except TooManyRequestsError:
        return False
    return True


def _ask(query: str, language: str) -> tuple[ExtractedAnswer, Sequence[FoundPassage]]:
    """Search, and put a short answer together.

    Raises:
        SearchUnavailableError: in words for readers; what exactly is down is for the log and the doctor.
    """
    try:
        passages = find(query=query, language=language, limit=SEARCHED)
    except SearchUnavailableError as exc:
        raise SearchUnavailableError("Search is not available right now. Please try again in a minute.") from exc
    return answer_question(question=query, passages=passages), passages


def _results(query: str, answer: ExtractedAnswer, passages: Sequence[FoundPassage]) -> JSONDict:
    """Show the answer where it is sure enough, and the pages that were found."""
    is_sure = answer.probability >= SURE_ENOUGH
    quoted = {sentence.passage.article_id for sentence in answer.sentences} if is_sure else set()
    hits = hits_of(query, passages, quoted)
    return {
        "hits": hits,
        "is_sure": is_sure,
        "answer": answer_blocks(answer, hits) if is_sure else [],
        "probability": answer.probability,
    }


def hits_of(query: str, passages: Sequence[FoundPassage], quoted: AbstractSet[int] = frozenset()) -> list[Hit]:
    """Give one result an article, best first, numbered as the short answer cites them; quoted ones are always there."""
    best: dict[int, FoundPassage] = {}
    for passage in passages:
        best.setdefault(passage.article_id, passage)
    floor = max(passages[0].score * CLOSE_ENOUGH, LEAST_SCORE) if passages else 0.0
    shown = [passage for passage in best.values() if passage.score >= floor or passage.article_id in quoted][:SHOWN]
    of_shown = Article.objects.filter(pk__in=[p.article_id for p in shown])
    categories = dict(of_shown.values_list("pk", "category__name"))
    return [
        Hit(
            number,
            passage.title,
            passage_url(passage),
            categories.get(passage.article_id) or "",
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
    if sentence.mark:
        return "list"
    return "code" if sentence.text.startswith("```") else "text"


def _one_mark_a_source(entries: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Keep a source's number only where its words end."""
    following = [number for _text, number in entries[1:]] + [0]
    return [(text, 0 if number == after else number) for (text, number), after in zip(entries, following, strict=True)]


def passage_url(passage: FoundPassage) -> str:
    """Give the address of a passage: its article's page at the heading above it."""
    page = Article(slug=passage.slug).get_absolute_url()
    anchor = slugify(last_heading(passage.heading))
    return f"{page}#{anchor}" if anchor else page
