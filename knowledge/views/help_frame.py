"""What all pages of the help center share: brand, language, addresses, and how browsers may keep them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.decorators import decorator_from_middleware
from django.utils.http import http_date
from django.utils.translation import gettext as _

from accounts.models import Brand
from knowledge import selectors_help
from knowledge.structured_data import Crumb, absolute, as_script, breadcrumbs
from knowledge.views.help_languages import direction, language_name, spoken, wanted_by
from supportai.core.errors import DomainError
from supportai.core.models import JSONDict

View = Callable[..., HttpResponseBase]
# A language's code, its own name, the page's path and its address in the outside world.
Alternate = tuple[str, str, str, str]


def kept_page(view: View) -> View:
    """Let browsers and proxies keep a page that is the same for everybody, but ask each time whether it still is."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if response.status_code == 200:  # noqa: PLR2004 - a refusal is nobody's to keep
            patch_cache_control(response, public=True, no_cache=True)
        return response

    return decorator_from_middleware(ConditionalGetMiddleware)(answer)


def help_page(view: View) -> View:
    """Give a view its frame, speak the language that it settles on, and show refusals to people in it."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Whatever the view switches to is over with this request: the next one on this thread may be a staff page.
        with translation.override("en"):
            frame = Frame(request)
            try:
                response = view(request, frame, *args, **kwargs)
            except DomainError as error:
                if not _is_for_people(request):
                    raise
                response = frame.refuse(error)
            if frame.is_readers_choice:
                patch_vary_headers(response, ["Accept-Language"])
            response.headers["Content-Language"] = frame.spoken
            return response

    return answer


def _is_for_people(request: HttpRequest) -> bool:
    return "text/html" in request.headers.get("Accept", "") and not getattr(request, "htmx", False)


class Frame:
    """The help center as one request sees it; each read is made once, when it is first needed.

    `language` is that of lists and searches, empty where there is only one; `spoken` is that of our own words.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.brand = Brand.objects.order_by("pk").first()
        overview = selectors_help.overview()
        self.languages = overview.languages
        self.changed_at = max(overview.changed_at, self.brand.updated_at) if self.brand else overview.changed_at
        self.is_readers_choice = False
        self.language = self._language(request.GET.get("lang", ""))
        self.spoken = ""
        self._speak(self.language or self.only_language)

    def show_in(self, language: str) -> None:
        """Speak the language of what is shown, whatever the reader prefers."""
        self.is_readers_choice = False
        self.language = language if self.has_languages else ""
        self._speak(language)

    def _speak(self, language: str) -> None:
        self.spoken = spoken(language)
        translation.activate(self.spoken)

    @property
    def name(self) -> str:
        """Name the help center."""
        return _("%(brand)s help") % {"brand": self.brand.name} if self.brand else _("Help")

    @property
    def only_language(self) -> str:
        """Give the language that everything is in; where nothing is published, the brand's first."""
        return self.languages[0] if self.languages else (self._brands() or ["en"])[0]

    def home(self) -> Crumb:
        """Give the beginning of every way to a page."""
        return (self.name, self.list_path(reverse("knowledge:home")))

    def list_path(self, path: str) -> str:
        """Give the path of a list in the language that is shown."""
        return f"{path}?lang={self.language}" if self.language else path

    def show(
        self,
        template: str,
        context: JSONDict,
        *,
        crumbs: Sequence[Crumb] = (),
        data: Sequence[JSONDict] = (),
        changed_at: datetime | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """Render a page with its frame; `crumbs` end with the page itself, `data` is further structured data."""
        described = [*([breadcrumbs(crumbs)] if crumbs else []), *data]
        frame = {
            "brand": self.brand,
            "help_name": self.name,
            "language": self.language,
            "spoken": self.spoken,
            "direction": direction(self.spoken),
            "home_path": self.list_path(reverse("knowledge:home")),
            "canonical": absolute(crumbs[-1][1]) if crumbs else "",
            "any_language": absolute(self.request.path) if crumbs and "?" in crumbs[-1][1] else "",
            "crumbs": crumbs[:-1],
            "structured": [as_script(entry) for entry in described],
        }
        response = render(self.request, template, frame | context, status=status)
        if changed_at is not None:
            response.headers["Last-Modified"] = http_date(changed_at.timestamp())
        return response

    def refuse(self, error: DomainError) -> HttpResponse:
        """Say in the reader's language that something cannot be shown or done."""
        words = {
            "article_not_found": _("This page does not exist, or no longer does."),
            "not_allowed": _("This vote came from another site. Open the page and vote there."),
            "search_unavailable": _("Search is not available right now. Please try again in a minute."),
            "too_many_requests": _("That was a lot at once. Please wait a minute and try again."),
        }
        said = words.get(error.code, _("That did not work. Please try again."))
        response = self.show("knowledge/refused.html", {"said": said}, status=error.status)
        response.headers["Cache-Control"] = "no-store"
        return response

    def in_languages(self, path: str) -> list[Alternate]:
        """Give a list page in each language; nothing where there is only one."""
        return [alternate(code, f"{path}?lang={code}") for code in self.languages] if self.has_languages else []

    @property
    def has_languages(self) -> bool:
        """Tell whether there is a choice."""
        return len(self.languages) > 1

    def _language(self, wanted: str) -> str:
        """Choose the language of lists and searches; empty where there is only one, so that nothing is left out."""
        if not self.has_languages:
            return ""
        if wanted in self.languages:
            return wanted
        self.is_readers_choice = True
        read = wanted_by(self.request.headers.get("Accept-Language", ""), self.languages)
        return next((code for code in (read, *self._brands()) if code in self.languages), self.languages[0])

    def _brands(self) -> list[str]:
        return self.brand.languages if self.brand and isinstance(self.brand.languages, list) else []


def alternate(code: str, path: str) -> Alternate:
    """Describe a page in one of its languages."""
    return (code, language_name(code), path, absolute(path))
