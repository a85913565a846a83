"""Sitemaps (sitemaps.org): lists of pages, and lists of such lists."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError

from supportai.core.outbound.client import gunzip

# The protocol allows 50 MB and 50,000 addresses in a file.
MAX_SITEMAP_BYTES = 50_000_000
MAX_ENTRIES = 50_000
GZIP_MARK = b"\x1f\x8b"
TYPES = (
    "application/xml",
    "text/xml",
    "application/x-gzip",
    "application/gzip",
    "application/octet-stream",
    "text/plain",
)


@dataclass(slots=True)
class Sitemap:
    """What a sitemap lists: pages, and further sitemaps; `is_cut` when there was more."""

    pages: list[str] = field(default_factory=list)
    sitemaps: list[str] = field(default_factory=list)
    is_cut: bool = False


class NotASitemapError(Exception):
    """The text is no sitemap."""


def looks_like_sitemap(body: bytes, media_type: str) -> bool:
    """Tell a sitemap from a page by its first bytes."""
    start = body[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if body.startswith(GZIP_MARK):
        return True
    if media_type == "text/plain":
        return start.startswith((b"http://", b"https://"))
    return b"<urlset" in start or b"<sitemapindex" in start


def read_sitemap(body: bytes) -> Sitemap:
    """Read a sitemap: XML, packed or not, or a text of one address a line.

    Raises:
        NotASitemapError: it is neither, or holds what XML must not bring along here.
        AnswerRefusedError: it is packed, and damaged or too large.
    """
    if body.startswith(GZIP_MARK):
        body = b"".join(gunzip([body], MAX_SITEMAP_BYTES))
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"http"):
        lines = body.decode("utf-8", "replace").lstrip("\ufeff").split()
        return Sitemap(pages=lines[:MAX_ENTRIES], is_cut=len(lines) > MAX_ENTRIES)
    found = Sitemap()
    for kind, address in _entries(body):
        if len(found.pages) + len(found.sitemaps) >= MAX_ENTRIES:
            found.is_cut = True
            break
        (found.sitemaps if kind == "sitemap" else found.pages).append(address)
    return found


def _entries(body: bytes) -> Iterator[tuple[str, str]]:
    """Give the addresses of a sitemap in XML, each with what it is: `url` or `sitemap`."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    is_map, path = False, []
    try:
        for event, element in iterparse(io.BytesIO(body), events=("start", "end"), forbid_dtd=True):
            name = element.tag.rpartition("}")[2]
            if event == "start":
                is_map = is_map or name in {"urlset", "sitemapindex"}
                path.append(name)
                continue
            path.pop()
            text = (element.text or "").strip()
            if name == "loc" and text and path and path[-1] in {"url", "sitemap"}:
                yield path[-1], text
            if name in {"url", "sitemap"}:
                element.clear()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as exc:
        raise NotASitemapError from exc
    if not is_map:
        raise NotASitemapError
