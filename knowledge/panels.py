"""Parts of an article's page in the admin that apps above this one fill, since this one may not ask them."""

from collections.abc import Callable

from knowledge.models import Article

Panel = Callable[[Article], str]
_panels: list[Panel] = []


def panel(function: Panel) -> Panel:
    """Register a function that gives safe HTML about an article; empty when it has nothing to say."""
    if function not in _panels:
        _panels.append(function)
    return function


def panels_of(article: Article) -> list[str]:
    """Give the HTML of every panel that has something to say."""
    return [html for html in (function(article) for function in _panels) if html]
