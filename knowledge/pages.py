"""What an article's page is made of besides its row: text with anchors, contents, description, questions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.html import escape

from knowledge.markdown import RenderedPage, TocEntry, heading_text, parse_blocks, render, to_plain

# Pages that a process remembers, and how many characters of text they may have: some 20 MB in all at the most.
KEPT = 256
LONGEST_KEPT = 40_000
MAX_DESCRIPTION = 160
OPENING_READ = 2000
HEADING = re.compile(r'(<(h[2-4]) id="([^"]+)">)(.*?)(</\2>)', re.DOTALL)
LEAST_QUESTIONS = 2
LABEL = "Link to this section"


@dataclass(frozen=True, slots=True)
class Question:
    """A heading that asks something, and the words below it."""

    question: str
    answer: str


def page_of(body: str, label: str = LABEL) -> RenderedPage:
    """Give a published text as a page; the same text is rendered once, unless it is very long.

    `label` names the link to a heading, in the language that the page speaks.
    """
    return _kept_page(body, label) if len(body) <= LONGEST_KEPT else make_page(body, label)


@lru_cache(maxsize=KEPT)
def _kept_page(body: str, label: str) -> RenderedPage:
    return make_page(body, label)


def make_page(body: str, label: str = LABEL) -> RenderedPage:
    """Render Markdown as the help center shows it: safe, each heading with a link to itself."""
    page = render(body)
    named = escape(label)

    def with_anchor(match: re.Match[str]) -> str:
        opening, _tag, anchor, words, closing = match.groups()
        link = f'<a class="help-anchor" href="#{anchor}" aria-label="{named}">#</a>'
        return f"{opening}{words} {link}{closing}"

    return RenderedPage(html=HEADING.sub(with_anchor, page.html), toc=page.toc)


def contents_of(page: RenderedPage) -> Sequence[TocEntry]:
    """Give the list of contents; a page with one heading needs none."""
    return page.toc if len(page.toc) > 1 else ()


def opening_of(body: str, length: int = MAX_DESCRIPTION) -> str:
    """Give the first paragraph in plain words, cut at a word; it also reads a text that was cut."""
    return _opening(body[:OPENING_READ], length)


@lru_cache(maxsize=4 * KEPT)
def _opening(beginning: str, length: int) -> str:
    for block in parse_blocks(beginning):
        if block.kind == "paragraph":
            words = " ".join(to_plain(beginning[block.start : block.end]).split())
            return words if len(words) <= length else words[:length].rsplit(" ", 1)[0] + " …"
    return ""


def questions_of(body: str) -> tuple[Question, ...]:
    """Give the page's questions where it is a list of them: each heading of its first level asks, and is answered."""
    blocks = parse_blocks(body) if body.count("?\n") >= LEAST_QUESTIONS else []
    levels = [block.level for block in blocks if block.kind == "heading"]
    if not levels:
        return ()
    places = [n for n, block in enumerate(blocks) if block.kind == "heading" and block.level == min(levels)]
    found = []
    for place, following in zip(places, [*places[1:], len(blocks)], strict=True):
        question = heading_text(body, blocks[place])
        texts = [to_plain(body[block.start : block.end]) for block in blocks[place + 1 : following]]
        answer = " ".join(" ".join(texts).split())
        if not question.endswith("?") or not answer:
            return ()
        found.append(Question(question, answer))
    return tuple(found) if len(found) >= LEAST_QUESTIONS else ()
