"""The public help center: first page, categories, articles and what readers say about them."""

from urllib.parse import urlsplit

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from knowledge import selectors_help
from knowledge.errors import ArticleNotFoundError
from knowledge.models import Article
from knowledge.pages import contents_of, opening_of, page_of, questions_of
from knowledge.services import feedback
from knowledge.structured_data import article_data, questions_data
from knowledge.views.help_frame import Alternate, Frame, alternate, help_page, kept_page
from knowledge.views.help_languages import direction
from supportai.core.errors import NotAllowedError

ARTICLES_A_PAGE = 100
# With fewer votes their number says more about chance than about the page.
LEAST_VOTES_SHOWN = 10
VISITOR_COOKIE = "help_visitor"
VISITOR_SECONDS = 365 * 24 * 3600
VISITOR_SALT = "knowledge.visitor"


@require_safe
@kept_page
@help_page
def home(_request: HttpRequest, frame: Frame) -> HttpResponse:
    shelves = selectors_help.shelves(frame.language)
    context = {
        "shelves": shelves,
        "count": sum(shelf.total for shelf in shelves),
        "alternates": frame.in_languages(reverse("knowledge:home")),
    }
    return frame.show("knowledge/home.html", context, crumbs=[frame.home()], changed_at=frame.changed_at)


@require_safe
@kept_page
@help_page
def category(request: HttpRequest, frame: Frame, slug: str) -> HttpResponse:
    shelf = selectors_help.category_with(slug)
    page = Paginator(selectors_help.articles_on(shelf, frame.language), ARTICLES_A_PAGE).get_page(
        request.GET.get("page")
    )
    # `opening` is an annotation.
    entries = [(entry, opening_of(entry.opening)) for entry in page]  # type: ignore[attr-defined]
    context = {
        "category": shelf,
        "page": page,
        "entries": entries,
        "alternates": frame.in_languages(shelf.get_absolute_url()),
    }
    crumbs = [frame.home(), (shelf.name, frame.list_path(shelf.get_absolute_url()))]
    return frame.show("knowledge/category.html", context, crumbs=crumbs, changed_at=frame.changed_at)


@require_safe
@kept_page
@help_page
def article(_request: HttpRequest, frame: Frame, slug: str) -> HttpResponse:
    page = selectors_help.public_page(slug)
    frame.show_in(page.language)
    assert page.current_revision is not None  # published articles have one, by constraint
    body = page.current_revision.body
    rendered = page_of(body, _("Link to this section"))
    description = opening_of(body)
    shelf = [(page.category.name, frame.list_path(page.category.get_absolute_url()))] if page.category else []
    votes = selectors_help.votes_on(page)
    questions = questions_of(body)
    data = [article_data(page, description=description, publisher=frame.brand.name if frame.brand else "")]
    context = {
        "article": page,
        "body": rendered.html,
        "toc": contents_of(rendered),
        "description": description,
        "related": selectors_help.related_articles(page),
        "is_learned": page.origin == Article.Origin.LEARNED,
        "votes": votes,
        "least_votes": LEAST_VOTES_SHOWN,
        "alternates": _translations(frame, page),
        "direction_of_text": direction(page.language),
    }
    return frame.show(
        "knowledge/article.html",
        context,
        crumbs=[frame.home(), *shelf, (page.title, page.get_absolute_url())],
        data=[*data, *([questions_data(questions)] if questions else [])],
        changed_at=max(frame.changed_at, votes.changed_at or page.updated_at),
    )


def _translations(frame: Frame, page: Article) -> list[Alternate]:
    """Give the page in each of its languages; nothing where it has only one."""
    found = selectors_help.translations_of(page) if frame.has_languages else []
    found.sort(key=lambda entry: frame.languages.index(entry.language))
    return [alternate(entry.language, entry.get_absolute_url()) for entry in found] if len(found) > 1 else []


@require_safe
@help_page
def nowhere(request: HttpRequest, _frame: Frame, rest: str) -> HttpResponse:
    """Refuse an address below the help center that is no page, in its own words; first try it with a slash at its end."""
    if not rest.endswith("/"):
        query = request.META.get("QUERY_STRING", "")
        return HttpResponsePermanentRedirect(f"{request.path}/{'?' * bool(query)}{query}")
    raise ArticleNotFoundError("This page does not exist, or no longer does.", path=rest[:200])


# Pages are the same for everybody and kept by browsers, so they hold no token; where a vote comes from is checked instead.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@help_page
def vote(request: HttpRequest, frame: Frame, slug: str) -> HttpResponse:
    page = selectors_help.public_page(slug)
    frame.show_in(page.language)
    if request.method != "POST" or request.POST.get("helped") not in {"yes", "no"}:
        return HttpResponseRedirect(page.get_absolute_url())
    _refuse_foreign(request)
    visitor = request.get_signed_cookie(VISITOR_COOKIE, default=None, salt=VISITOR_SALT) or get_random_string(22)
    given = feedback.give_feedback(
        article=page,
        visitor=visitor,
        address=request.META.get("REMOTE_ADDR", ""),
        is_helpful=request.POST["helped"] == "yes",
        words=request.POST.get("words"),
    )
    context = {"article": page, "given": given, "has_said": "words" in request.POST}
    if getattr(request, "htmx", False):
        response = render(request, "knowledge/partials/_feedback.html", context)
    else:
        response = frame.show("knowledge/thanks.html", context)
    response.set_signed_cookie(
        VISITOR_COOKIE,
        visitor,
        salt=VISITOR_SALT,
        max_age=VISITOR_SECONDS,
        path=reverse("knowledge:home"),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    response["Cache-Control"] = "no-store"
    return response


def _refuse_foreign(request: HttpRequest) -> None:
    """Refuse a vote that another site sends in a reader's name."""
    site = request.headers.get("Sec-Fetch-Site", "")
    origin = request.headers.get("Origin", "")
    if site in {"cross-site", "same-site"} or (origin and urlsplit(origin).netloc != request.get_host()):
        raise NotAllowedError("This vote came from another site. Open the page and vote there.")
