"""Markdown blocks on their way into one text."""

import re

TEXT, HEADING, ENTRY, TABLE = "text", "heading", "entry", "table"
LOOKS_LIKE_MARK = re.compile(r"^(?=[#>])")

Blocks = list[tuple[str, str]]


def joined(blocks: Blocks) -> str:
    """Join blocks with blank lines; the entries of one list stand line by line."""
    parts: list[str] = []
    before = ""
    for kind, text in blocks:
        parts.append(("\n" if kind == before == ENTRY else "\n\n") + text)
        before = kind
    return "".join(parts).strip()


def plain(text: str) -> str:
    """Keep a paragraph from reading as a heading or a quotation because of its first character."""
    return LOOKS_LIKE_MARK.sub(r"\\", text)
