"""HTML pages as Markdown: the text that a reader came for, without navigation, scripts and forms."""

import re
from typing import TYPE_CHECKING

from knowledge.html_markdown import words_of, write_blocks

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# No character has so long a number, and Python refuses to read one of thousands of digits.
LONG_REFERENCE = re.compile(r"&(?=#\d{8})")
SKIPPED = (
    "script style noscript template svg math nav button iframe object dialog input select textarea canvas audio video"
)
# Frames of a site around its text; inside the text they belong to it: a page's heading, a note beside it.
FRAMES = frozenset({"header", "footer", "aside"})
FRAME_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "complementary", "dialog", "alert", "menu"})
# Names, as classes or ids hold them between dashes, of what stands around a text.
FRAME_NAMES = frozenset(
    "nav navbar navigation sidebar sidenav toc breadcrumb breadcrumbs pagination pager cookie cookies banner newsletter "
    "related share social skip comments feedback headerlink permalink footer".split()
)
NAME_PARTS = re.compile(r"[A-Za-z]+")
MAIN_PATHS = (
    "//main | //*[@role='main']",
    "//article",
    "//*[@id='content' or @id='main' or @id='main-content' or @id='page-content' or @id='bodyContent' or @itemprop='articleBody']",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' markdown-body ')]"
    " | //*[contains(concat(' ', normalize-space(@class), ' '), ' article-body ')]"
    " | //*[contains(concat(' ', normalize-space(@class), ' '), ' entry-content ')]"
    " | //*[contains(concat(' ', normalize-space(@class), ' '), ' documentation ')]",
)
# A part that is marked as the text, but holds less of the page than this, is not.
LEAST_SHARE = 0.3
MAX_NAME = 200
# A form that holds more than this is a page in a form, not a form in a page.
LARGE_FORM = 500
MANY_LINKS = 6


def html_to_markdown(html: str, *, address: str = "") -> tuple[str, str]:
    """Give a page's title and its text as Markdown; the title is the first heading's, else the `<title>`'s.

    Links become whole by the page's `address`; without one, what leads nowhere from here is left as its words.
    """
    page = parse_html(html)
    return ("", "") if page is None else page_to_markdown(page, address=address)


def parse_html(html: str) -> "HtmlElement | None":
    """Read a page as browsers do, whatever is broken in it; None when there is nothing."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    # As bytes, because a page may say of itself that it has another encoding.
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        return document_fromstring(html.replace("\0", "").encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        return None


def page_to_markdown(page: "HtmlElement", *, address: str = "") -> tuple[str, str]:
    """Give the title and the Markdown of a page that was read; the page is used up by it."""
    titles = page.xpath("//head/title | //title[not(ancestor::svg)]")
    name = words_of(titles[0]) if titles else ""
    outer = [words_of(heading) for heading in page.iter("h1")]
    for head in page.findall("head"):
        page.remove(head)
    _drop_always(page)
    main = _main_part(page)
    _drop_frames(main)
    body = write_blocks(main, address)
    return _title(main, body, name, outer, address), body


def _title(main: "HtmlElement", body: str, name: str, outer: list[str], address: str) -> str:
    """Choose the heading of the text; else one around it, unless that is the site's name; else the page's name."""
    for heading in main.iter("h1"):
        if words_of(heading):
            return write_blocks(heading, address).removeprefix("# ")
    if body.startswith("## "):
        return body.partition("\n")[0].removeprefix("## ")
    return next((words for words in outer if words and (not name or name.startswith(words))), name)


def _drop_always(page: "HtmlElement") -> None:
    hidden = page.xpath("//body//*[@hidden or @aria-hidden='true']")
    for element in [*page.iter(*SKIPPED.split()), *hidden]:
        if element.getparent() is not None and not _is_root(element):
            element.drop_tree()


def _main_part(page: "HtmlElement") -> "HtmlElement":
    """Find the part that holds the text: what the page marks as such, if it holds enough of it; else the whole body."""
    body = page.find("body")
    whole = page if body is None else body
    total = _length(whole)
    for path in MAIN_PATHS:
        found = max(page.xpath(path), key=_length, default=None)
        if found is not None and _length(found) >= LEAST_SHARE * (total - _framed(whole)):
            return found
    return whole


def _framed(whole: "HtmlElement") -> int:
    """Count the letters of what surely stands around the text."""
    return sum(_length(frame) for frame in whole.iter(*FRAMES) if _is_outermost(frame))


def _is_outermost(frame: "HtmlElement") -> bool:
    return not any(parent.tag in FRAMES for parent in frame.iterancestors())


def _drop_frames(main: "HtmlElement") -> None:
    total = _length(main)
    is_marked = main.tag in {"main", "article"} or main.get("role") == "main"
    for element in list(main.iterdescendants()):
        if not isinstance(element.tag, str) or element.getparent() is None:
            continue
        if _is_frame(element, is_marked=is_marked) and not _is_text(element, total):
            element.drop_tree()


def _is_frame(element: "HtmlElement", *, is_marked: bool) -> bool:
    if element.tag in FRAMES:
        return not is_marked and not any(parent.tag == "article" for parent in element.iterancestors())
    if element.tag == "form":
        return _length(element) < LARGE_FORM
    if element.get("role") in FRAME_ROLES or _is_contents(element):
        return True
    names = f"{element.get('id', '')} {element.get('class', '')}"[:MAX_NAME].lower()
    return not FRAME_NAMES.isdisjoint(NAME_PARTS.findall(names))


def _is_text(element: "HtmlElement", total: int) -> bool:
    """Tell whether what looks like a frame holds the text after all: the page's heading, or most of the words."""
    return next(element.iter("h1", "main", "article"), None) is not None or _length(element) > total / 2


def _is_contents(element: "HtmlElement") -> bool:
    """Tell whether a list is a table of contents: many entries that only lead to places on the same page."""
    if element.tag not in {"ul", "ol"}:
        return False
    links = list(element.iter("a"))
    if len(links) < MANY_LINKS or not all((link.get("href") or "").startswith("#") for link in links):
        return False
    return _length(element) <= sum(_length(link) for link in links)


def _length(element: "HtmlElement") -> int:
    return sum(len(piece.strip()) for piece in element.itertext())


def _is_root(element: "HtmlElement") -> bool:
    return element.tag in {"html", "body"}
