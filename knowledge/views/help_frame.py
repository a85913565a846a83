"""What all pages of the help center share: brand, languages, addresses, and how browsers may keep them."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.decorators import decorator_from_middleware
from django.utils.translation import get_language_info

from accounts.models import Brand
from knowledge import selectors_help
from knowledge.structured_data import Crumb, absolute, as_script, breadcrumbs
from supportai.core.models import JSONDict

View = Callable[..., HttpResponseBase]
# A language's code, its own name, the page's path and its address in the outside world.
Alternate = tuple[str, str, str, str]


def kept_page(view: View) -> View:
    """Let browsers and proxies keep a page that is the same for everybody, but ask each time whether it still is."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        patch_cache_control(response, public=True, no_cache=True)
        return response

    return decorator_from_middleware(ConditionalGetMiddleware)(answer)


class Frame:
    """The help center as one request sees it; each read is made once, when it is first needed."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.brand = Brand.objects.order_by("pk").first()
        self.languages = selectors_help.languages()
        self.language = self._language(request.GET.get("lang", ""))

    @property
    def name(self) -> str:
        """Name the help center."""
        return f"{self.brand.name} help" if self.brand else "Help"

    @property
    def only_language(self) -> str:
        """Give the language that everything is in; that of the product where nothing is published."""
        return self.languages[0] if self.languages else "en"

    def home(self) -> Crumb:
        """Give the beginning of every way to a page."""
        return (self.name, reverse("knowledge:home"))

    def show(
        self, template: str, context: JSONDict, *, crumbs: Sequence[Crumb] = (), data: Sequence[JSONDict] = ()
    ) -> HttpResponse:
        """Render a page with its frame; `crumbs` end with the page itself, `data` is further structured data."""
        described = [*([breadcrumbs(crumbs)] if crumbs else []), *data]
        frame = {
            "brand": self.brand,
            "help_name": self.name,
            "language": self.language,
            "canonical": absolute(crumbs[-1][1]) if crumbs else "",
            "crumbs": crumbs[:-1],
            "structured": [as_script(entry) for entry in described],
        }
        return render(self.request, template, frame | context)

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
        ours = self.brand.languages if self.brand and isinstance(self.brand.languages, list) else []
        return next((code for code in (wanted, *ours) if code in self.languages), self.languages[0])


def alternate(code: str, path: str) -> Alternate:
    """Describe a page in one of its languages."""
    return (code, language_name(code), path, absolute(path))


def language_name(code: str) -> str:
    """Give a language's own name, or its code where Django knows none."""
    try:
        return str(get_language_info(code)["name_local"]).capitalize()
    except KeyError:
        return code
