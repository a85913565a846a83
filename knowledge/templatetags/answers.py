"""Filters of short answers."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# As `knowledge.quotes.fenced` writes it.
FENCED = re.compile(r"^(`{3,})[^`\n]*\n(.*?)(?:^\1[ \t]*$|\Z)\n?", re.MULTILINE | re.DOTALL)


@register.filter
def quoted(text: str) -> SafeString:
    """Write a quoted entry: its lines one below the other, code as code."""
    html, place = [], 0
    for code in FENCED.finditer(text):
        html += [_lines(text[place : code.start()]), f"<pre><code>{escape(code.group(2).rstrip())}</code></pre>"]
        place = code.end()
    return mark_safe("".join([*html, _lines(text[place:])]))  # noqa: S308 - each piece was escaped


def _lines(text: str) -> str:
    return escape(text.strip("\n")).replace("\n", "<br>")
