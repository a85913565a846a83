"""What search engines are told: where the pages are, and what is none of their business."""

from datetime import datetime

from django.core.paginator import EmptyPage, PageNotAnInteger, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from knowledge import selectors_help
from knowledge.structured_data import absolute
from knowledge.views.help_frame import kept_page

# The protocol's own limit (sitemaps.org).
MOST_ADDRESSES = 50_000
# An address, the time of its last change, and the same page in its languages.
Entry = tuple[str, datetime | None, list[tuple[str, str]]]
XML = "application/xml; charset=utf-8"
ROBOTS = """User-agent: *
Allow: /help/
Disallow: /help/search
Allow: /static/
Allow: /widget/widget.js
Disallow: /

Sitemap: {sitemap}
"""


@require_safe
@kept_page
def sitemap(request: HttpRequest) -> HttpResponse:
    """List the pages with the time of their last change, in parts where there are too many for one list."""
    parts = Paginator(selectors_help.articles_by_age(), MOST_ADDRESSES)
    here = absolute(reverse("knowledge:sitemap"))
    number = request.GET.get("p")
    if number is None and parts.num_pages > 1:
        addresses = [f"{here}?p={part}" for part in parts.page_range]
        return render(request, "knowledge/sitemap_index.xml", {"addresses": addresses}, content_type=XML)
    try:
        page = parts.page(number or 1)
    except (EmptyPage, PageNotAnInteger) as exc:
        raise Http404("The sitemap has no such part.") from exc
    entries = [] if page.number > 1 else _lists()
    groups = selectors_help.translation_groups()
    for article in page:
        others = groups.get(article.translation_of_id or article.pk, [])
        alternates = [(language, absolute(path)) for language, path in others]
        entries.append((absolute(article.get_absolute_url()), article.published_at, alternates))
    return render(request, "knowledge/sitemap.xml", {"entries": entries}, content_type=XML)


def _lists() -> list[Entry]:
    """Give the lists, each in every language that has something on it; where there is one language, without it."""
    found: dict[str, list[tuple[str, datetime | None]]] = {"": []}
    for path, language, changed in selectors_help.lists_by_age():
        found.setdefault(path, []).append((language, changed))
    many = len(found[""]) > 1
    entries: list[Entry] = [] if found[""] else [(absolute(reverse("knowledge:home")), None, [])]
    for path, versions in found.items():
        here = absolute(path or reverse("knowledge:home"))
        alternates = [(language, f"{here}?lang={language}") for language, _changed in versions]
        for (_language, address), (_code, changed) in zip(alternates, versions, strict=True):
            # The address without a language chooses by the reader's.
            others = [*alternates, ("x-default", here)] if len(alternates) > 1 else []
            entries.append((address if many else here, changed, others))
    return entries


@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    """Open the help center to search engines and nothing else."""
    text = ROBOTS.format(sitemap=absolute(reverse("knowledge:sitemap")))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
