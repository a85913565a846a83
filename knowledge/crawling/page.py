"""What one HTML page says: its text as Markdown, its links, and what it asks of robots."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.crawling.addresses import usual_address
from knowledge.crawling.robots import Directives, read_directives
from knowledge.encodings import STATED_CHARSET, is_text_encoding
from knowledge.extraction.refusals import CannotReadError, refuse_too_long
from knowledge.html_text import page_to_markdown, parse_html

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_LINKS = 3_000
MAX_TITLE = 200
HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
REFRESH = re.compile(r"\A\s*(\d{1,4})(?:\.\d*)?\s*[;,]?\s*(?:url\s*=)?\s*[\"']?([^\"']*)", re.IGNORECASE)
# A page that sends on after longer than this is meant to be read.
PROMPT_SECONDS = 10
LANGUAGE = re.compile(r"\A\s*([a-zA-Z]{2,3})(?:[-_][\w-]*)?\s*\Z")
# A share of characters that could not be read, above which the text is not worth keeping.
MOST_UNREADABLE = 0.02
MISSING = re.compile(
    r"\b404\b|\b(?:page|article|document|content)\s+(?:was\s+|could\s+)?(?:not|n.t)\s+(?:be\s+)?found\b|\bnot found\b|"
    r"\b(?:page|article)\s+(?:does\s?n[o’']?t|no longer)\s+exists?\b",
    re.IGNORECASE,
)
WORD = re.compile(r"\w+")
# Pages that say that they are missing, or ask to sign in, say little else.
FEW_WORDS = 120
ALIKE = 0.85


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was read; `links` are whole addresses in the order of the page."""

    title: str
    body: str
    language: str
    links: tuple[str, ...]
    canonical: str
    refresh: str
    directives: Directives
    asks_password: bool
    has_scripts: bool

    @property
    def content_hash(self) -> str:
        """Give what changes with the text only."""
        return hashlib.sha256(f"{self.title}\n{self.body}".encode("utf-8", "replace")).hexdigest()

    @property
    def words(self) -> frozenset[str]:
        """Give its different words."""
        return frozenset(WORD.findall(f"{self.title} {self.body}".lower()))

    @property
    def is_short(self) -> bool:
        """Tell whether it says little."""
        return len(WORD.findall(self.body)) <= FEW_WORDS

    @property
    def is_login(self) -> bool:
        """Tell whether it is a place to sign in."""
        return self.asks_password and self.is_short

    def says_missing(self, missing: "Page | None") -> bool:
        """Tell whether it only says that there is no such page; `missing` is what the site shows for one."""
        if missing is not None and self.title == missing.title:
            mine, its = self.words, missing.words
            if len(mine & its) >= ALIKE * len(mine | its):
                return True
        first_line = self.body.partition("\n")[0]
        return self.is_short and bool(MISSING.search(self.title) or MISSING.search(first_line))


class UnreadablePageError(Exception):
    """The page holds no text that can be taken; the message says why."""

    def __init__(self, reason: str = "Its characters cannot be read: it names no encoding, or a wrong one.") -> None:
        super().__init__(reason)


def read_page(address: str, body: bytes, headers: Mapping[str, str], *, agent: str) -> Page:
    """Read a page.

    Raises:
        UnreadablePageError: its characters cannot be told, or its text is too long.
    """
    tree = parse_html(decode_page(body, headers.get("content-type", "")))
    if tree is None:
        return Page("", "", "", (), "", "", Directives(), asks_password=False, has_scripts=False)
    base = next(iter(tree.xpath("//base/@href")), "")
    base = usual_address(base, address) or address
    metas = {name.lower(): content for name, content in _metas(tree)}
    directives = read_directives(
        (content for name, content in _metas(tree) if name.lower() in {"robots", agent.lower()}), headers, agent
    )
    links = () if directives.is_nofollow else _links(tree, base)
    canonical = next(iter(tree.xpath("//link[contains(concat(' ', @rel, ' '), ' canonical ')]/@href")), "")
    language = _language(tree, metas, headers)
    asks_password = bool(tree.xpath("//input[@type='password']"))
    has_scripts = next(tree.iter("script"), None) is not None
    refresh = _refresh(metas.get("refresh", ""), base)
    title, text = page_to_markdown(tree, address=base)
    try:
        refuse_too_long(text)
    except CannotReadError as exc:
        raise UnreadablePageError(str(exc)) from exc
    return Page(
        title=title[:MAX_TITLE],
        body=_without_title(text, title),
        language=language,
        links=links,
        canonical=usual_address(canonical, base) if canonical else "",
        refresh=refresh,
        directives=directives,
        asks_password=asks_password,
        has_scripts=has_scripts,
    )


def decode_page(body: bytes, content_type: str) -> str:
    """Turn bytes into text: by their mark, what the header and the page say, UTF-8, and else a guess.

    Raises:
        UnreadablePageError: too much of it stays unreadable.
    """
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    said = HEADER_CHARSET.search(content_type[:200])
    stated = STATED_CHARSET.search(body[:4096])
    # A page that claims to be Latin-1 is read as browsers do, and UTF-8 is right wherever it fits.
    for name in ("utf-8-sig", said[1] if said else "", stated[1].decode() if stated else ""):
        try:
            text = body.decode(_as_browsers(name)) if name and is_text_encoding(name) else ""
        except (LookupError, ValueError):
            continue
        if text and "\0" not in text:
            return text
    return _guessed(body)


def _as_browsers(name: str) -> str:
    return "cp1252" if name.lower() in {"iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"} else name


def _guessed(body: bytes) -> str:
    from charset_normalizer import from_bytes

    if b"\0" in body[:4096]:
        raise UnreadablePageError
    best = from_bytes(body[:200_000]).best()
    if best is not None:
        text = body.decode(best.encoding, "replace")
        if text.count("\ufffd") <= MOST_UNREADABLE * len(text):
            return text
    text = body.decode("utf-8", "replace")
    if text.count("\ufffd") > MOST_UNREADABLE * len(text):
        raise UnreadablePageError
    return text


def _metas(tree: "HtmlElement") -> list[tuple[str, str]]:
    return [(meta.get("name") or meta.get("http-equiv") or "", meta.get("content") or "") for meta in tree.iter("meta")]


def _links(tree: "HtmlElement", base: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for element in tree.iter("a", "area", "link"):
        rel = (element.get("rel") or "").lower().split()
        if element.tag == "link" and not ({"next", "alternate"} & set(rel) and not element.get("type")):
            continue
        href = element.get("href")
        if not href or href.startswith("#") or "nofollow" in rel:
            continue
        address = usual_address(href, base)
        if address:
            found[address] = None
        if len(found) >= MAX_LINKS:
            break
    return tuple(found)


def _language(tree: "HtmlElement", metas: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Give the language that the page says it has, `en` of `en-US`; empty when it says none."""
    said = (tree.get("lang"), tree.get("xml:lang"), metas.get("content-language"), headers.get("content-language"))
    return next((match[1].lower() for text in said if text and (match := LANGUAGE.match(text))), "")


def _refresh(content: str, base: str) -> str:
    match = REFRESH.match(content[:2_500])
    if match is None or int(match[1]) > PROMPT_SECONDS or not match[2].strip():
        return ""
    return usual_address(match[2], base)


def _without_title(text: str, title: str) -> str:
    first, _, rest = text.partition("\n")
    return rest.strip() if title and first.lstrip("#").strip() == title else text
