"""What a help page says to search engines: schema.org as JSON-LD.

A script element of type application/ld+json is data: browsers stop before its policy is asked (HTML, "prepare the script
element", the step that looks at the type), so our strict policy needs no nonce for it; a browser test watches.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from knowledge.models import Article
from knowledge.pages import Question
from supportai.core.models import JSONDict

# What could end the element or begin another one; all of them may be written so in a JSON string.
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}
Crumb = tuple[str, str]


def absolute(path: str) -> str:
    """Give the address that the outside world knows a page by."""
    return f"{settings.PUBLIC_URL}{path}"


def breadcrumbs(crumbs: Sequence[Crumb]) -> JSONDict:
    """Describe the way to a page: names and paths, the page itself last."""
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": absolute(path)}
            for number, (name, path) in enumerate(crumbs, start=1)
        ],
    }


def article_data(article: Article, *, description: str, publisher: str) -> JSONDict:
    """Describe an article that everybody may read."""
    assert article.published_at is not None  # published articles have one, by constraint
    described = {"description": description} if description else {}
    published = {"publisher": {"@type": "Organization", "name": publisher}} if publisher else {}
    return {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": article.title[:110],
        **described,
        "inLanguage": article.language,
        "datePublished": min(article.created_at, article.published_at).isoformat(),
        "dateModified": article.published_at.isoformat(),
        "mainEntityOfPage": absolute(article.get_absolute_url()),
        **published,
    }


def questions_data(questions: Sequence[Question]) -> JSONDict:
    """Describe a page that is a list of questions with their answers."""
    return {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "mainEntity": [
            {
                "@type": "Question",
                "name": entry.question,
                "acceptedAnswer": {"@type": "Answer", "text": entry.answer},
            }
            for entry in questions
        ],
    }


def as_script(data: Any) -> SafeString:
    """Write data as the text of a script element, which nothing in it can leave."""
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(ESCAPES))  # noqa: S308 - escaped
