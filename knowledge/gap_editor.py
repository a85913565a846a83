"""The way from a gap to the article editor."""

from urllib.parse import urlencode

from django.urls import reverse

from knowledge.models import Gap

MOST_PREFILLED = 8
LONGEST_LINE = 200


def editor_address(gap: Gap) -> str:
    """Give the address of the article editor with a gap's title and questions filled in.

    It proposes a draft: what was asked is no answer, and must not be published by mistake.
    """
    readable = gap.questions.exclude(text="").order_by("-asked_at")
    asked = dict.fromkeys(readable.values_list("text", flat=True)[: 4 * MOST_PREFILLED])
    lines = [f"- {' '.join(text.split())[:LONGEST_LINE]}" for text in list(asked)[:MOST_PREFILLED]]
    body = "\n".join(["Write the answer here. Then delete what customers asked:", "", *lines])
    filled = {"title": gap.title, "body": body, "language": gap.language, "publishing": "later"}
    return f"{reverse('admin:knowledge_article_add')}?{urlencode(filled)}"
