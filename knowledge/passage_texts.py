"""What of a passage is turned into vectors: its title, and all of it."""

import re

from knowledge.headings import JOINT

# How much of a passage's vector is the title's; measured in docs/results.md, "What each part of search is worth".
TITLE_SHARE = 0.2
WORDS = re.compile(r"\w+")
# Titles that were made of a text's first words end so.
ELLIPSIS = "…"


def title_text(title: str, heading: str, body: str) -> str:
    """Give the article's title and the headings above a passage, or the start of a passage that has neither."""
    return JOINT.join(part for part in (title, heading) if part) or body[:200]


def whole_text(title: str, heading: str, body: str) -> str:
    """Give a passage with its title and headings before it, unless it begins with its title anyway."""
    above = JOINT.join(part for part in (title, heading) if part)
    if not above or _begins_with(body, title):
        return body
    return f"{above}\n{body}"


def _begins_with(body: str, title: str) -> bool:
    words = WORDS.findall(title.rstrip(ELLIPSIS).lower())
    return bool(words) and WORDS.findall(body[: 2 * len(title) + 100].lower())[: len(words)] == words
