"""What search engines are told: where the pages are, and what is none of their business."""

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
    entries = [(absolute(article.get_absolute_url()), article.published_at) for article in page]
    if page.number == 1:
        lists = selectors_help.lists_by_age()
        entries = [(absolute(path or reverse("knowledge:home")), changed) for path, changed in lists] + entries
    return render(request, "knowledge/sitemap.xml", {"entries": entries}, content_type=XML)


@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    """Open the help center to search engines and nothing else."""
    text = ROBOTS.format(sitemap=absolute(reverse("knowledge:sitemap")))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
