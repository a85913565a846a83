"""Filters of conversations: texts with citation marks, times as people say them."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from textwrap import dedent

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from supportai.core import clock
from supportai.core.cel import money
from tickets.models import Citation, Message
from tickets.views.words import in_seconds

register = template.Library()

MARK = re.compile(r"\s?\[(\d{1,2})\]")
BOLD = re.compile(r"\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*")
EMPHASIS = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
CODE = re.compile(r"`([^`\n]+)`")
# Lines of code between lines of ```; while a text is written out, a NUL, which none holds, and a number stand for each.
FENCED = re.compile(
    r"^([ \t]*(?:(?:[-*]|\d{1,3}[.)])[ \t]+)?)(`{3,})[^\n`]*\n(.*?)(?:^[ \t]*\2`*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
CODE_MARK = re.compile(r"\x00(\d+)\x00")
ITEM = re.compile(r"^\s*(?:([-*])|(\d{1,3})[.)])\s+(.*)$")


@register.filter
def said(message: Message) -> SafeString:
    """Write a message's text: an AI answer with lists, emphasis and citation marks, everybody else's as it was typed."""
    if message.author != Message.Author.AI_AGENT:
        return plain(message.body)
    return marked_up(message.body, message.citations.all(), anchor=f"message-{message.sequence}")


@register.filter
def plain(text: str) -> SafeString:
    """Write a typed text: blank lines part paragraphs, single line breaks stay."""
    paragraphs = [part for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]
    return mark_safe("".join(f"<p>{_lines(escape(part.strip()))}</p>" for part in paragraphs))  # noqa: S308 - escaped


def marked_up(text: str, citations: Iterable[Citation] = (), *, anchor: str = "") -> SafeString:
    """Write an AI answer; `anchor` is the message's, at which its citations are listed."""
    titles = {citation.number: citation.title.replace("\0", "") for citation in citations}
    codes: list[str] = []

    def put_by(match: re.Match[str]) -> str:
        codes.append(match.group(3).rstrip("\n"))
        return f"{match.group(1)}\0{len(codes) - 1}\0"

    text = FENCED.sub(put_by, text.replace("\0", ""))
    html: list[str] = []
    for block in re.split(r"\n[^\S\n]*\n", text.strip("\n")):
        html += _block(block.splitlines(), titles, anchor)
    whole = CODE_MARK.sub(lambda match: _code(codes[int(match.group(1))]), "".join(html))
    return mark_safe(whole)  # noqa: S308 - each piece was escaped


def _code(code: str) -> str:
    return f"<pre><code>{escape(dedent(code))}</code></pre>"


def _block(lines: list[str], titles: dict[int, str], anchor: str) -> Iterable[str]:
    """Write the lines of one block; list items and text may follow each other."""
    paragraph: list[str] = []
    items: list[str] = []
    tag = ""
    for line in lines:
        item = ITEM.match(line)
        kind = ("ul" if item.group(1) else "ol") if item else ""
        if items and not item and line.startswith("   "):
            # An indented line goes on with the entry above it; code has its lines alone.
            gap = "" if "\0" in line or items[-1].endswith("\0</li>") else "<br>"
            items[-1] = f"{items[-1].removesuffix('</li>')}{gap}{_inline(line.strip(), titles, anchor)}</li>"
            continue
        is_code = CODE_MARK.fullmatch(line.strip()) is not None
        if items and kind != tag:
            yield f"<{tag}>{''.join(items)}</{tag}>"
            items = []
        if (item or is_code) and paragraph:
            yield f"<p>{'<br>'.join(paragraph)}</p>"
            paragraph = []
        if item:
            tag = kind
            items.append(_list_item(item, titles, anchor))
        elif is_code:
            yield line.strip()
        elif line.strip():
            paragraph.append(_inline(line, titles, anchor))
    if items:
        yield f"<{tag}>{''.join(items)}</{tag}>"
    if paragraph:
        yield f"<p>{'<br>'.join(paragraph)}</p>"


def _list_item(item: re.Match[str], titles: dict[int, str], anchor: str) -> str:
    number = f' value="{int(item.group(2))}"' if item.group(2) else ""
    return f"<li{number}>{_inline(item.group(3), titles, anchor)}</li>"


def _inline(text: str, titles: dict[int, str], anchor: str) -> str:
    html = CODE.sub(r"<code>\1</code>", str(escape(text)))
    html = EMPHASIS.sub(r"<em>\1</em>", BOLD.sub(r"<strong>\1</strong>", html))
    return MARK.sub(lambda match: _cite(match, titles, anchor), html)


def _cite(match: re.Match[str], titles: dict[int, str], anchor: str) -> str:
    number = int(match.group(1))
    if number not in titles:
        return match.group(0)
    return "&nbsp;" + format_html(
        '<a class="cite" href="#{}-source-{}" aria-label="Source {}: {}">{}</a>',
        anchor, number, number, titles[number], number,
    )  # fmt: skip


def _lines(html: str) -> str:
    return html.replace("\n", "<br>")


@register.filter
def elapsed(since: datetime | None) -> str:
    """Say how long ago something was: `now`, `8 min`, `1 h 10`, `3 days`."""
    return duration(clock.now() - since) if since else ""


@register.filter
def ago(since: datetime | None) -> str:
    """Say how long ago something was, inside a sentence: `just now`, `8 min ago`."""
    said = elapsed(since)
    return "just now" if said == "now" else f"{said} ago"


@register.filter
def remaining(until: datetime) -> str:
    """Say how much time is left, in the same words; `0 min` when none is."""
    left = until - clock.now()
    return duration(left) if left >= timedelta(minutes=1) else "0 min"


def duration(time: timedelta) -> str:
    """Say a length of time in words as short as can be read; js/times.js says it the same way."""
    minutes = int(time.total_seconds() // 60)
    if minutes < 1:
        return "now"
    if minutes < 60:  # noqa: PLR2004 - an hour
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:  # noqa: PLR2004 - a day
        return f"{hours} h {rest:02d}" if rest else f"{hours} h"
    days = hours // 24
    return "1 day" if days == 1 else f"{days} days"


@register.filter
def cents(amount: int | None, currency: str = "usd") -> str:
    """Write an amount given in the currency's smallest unit."""
    return money(amount, currency or "usd") if amount is not None else ""


register.filter("in_seconds", in_seconds)
