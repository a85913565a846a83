"""Write a tree of components as Markdown: call-outs with their label, tabs and folds as headings or labels, steps as lists."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from textwrap import dedent

from knowledge.html_text import html_to_markdown
from knowledge.jsx import CODE, Element

CALLOUT = re.compile(
    r"callout|admonition|alert|aside|\A(?:note|warning|tip|info|caution|danger|important|hint|notice|check|attention)\Z",
    re.I,
)
FOLD = re.compile(
    r"\A(?:tab|tabitem|tabpanel|accordion|accordionitem|expandable|collapsible|details|collapse|update)\Z", re.I
)
CARD = re.compile(r"card|quicklink|linkbox|\Atile\Z", re.I)
STEP_NAMES = frozenset({"step", "stepitem"})
GROUP = re.compile(r"tabs\Z|accordion|group\Z", re.I)
TITLES = ("title", "label", "summary", "header", "name")
GENERIC = frozenset({"callout", "admonition", "alert", "aside", "default", ""})
# What stands in a line even when its tag begins one.
INLINE = frozenset(
    "a abbr b button cite code del em font i img ins kbd mark q s samp small span strong sub sup tt u var wbr icon tooltip "
    "badge tag pill inlinecode link anchor".split()
)
MARKS = {"b": "**", "strong": "**", "em": "*", "i": "*", "del": "~~", "s": "~~"}
CODES = frozenset({"code", "kbd", "samp", "tt"})
# What a program shows, or what shows nothing to a reader of text.
DROPPED = frozenset({"script", "style", "svg", "iframe", "canvas", "head", "hr"})
HTML_BLOCKS = frozenset({"table", "dl", "pre"})
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
HEADING = re.compile(r"^(#{1,6})(?=[ \t])", re.MULTILINE)
FIRST_IS_TEXT = re.compile(r"\A(?!#{1,6}[ \t]|[-*+][ \t]|\d{1,9}[.)][ \t]|\||```|~~~|>)")
BLANKS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
DEEPEST = 6
# A list of steps longer than this is cut between its lines; headings cut it better.
LONGEST_STEPS = 3_000
SHORT_SUMMARY = 200


def written(tree: Element) -> str:
    """Write a whole tree."""
    return BLANKS.sub("\n\n", _Writer().children(tree)).strip("\n") + "\n"


class _Writer:
    """Knows how deep the heading is under which it writes, so that tabs and folds come below it."""

    def __init__(self) -> None:
        self.level = 1

    def children(self, element: Element, *, is_free: bool = False) -> str:
        """Write what stands in an element; `is_free` lets the folds in it have headings."""
        parts: list[str] = []
        begins = True
        before_heading = _before_heading(element.children) if element.name == "" else [is_free] * len(element.children)
        for child, may_head in zip(element.children, before_heading, strict=True):
            if isinstance(child, str):
                self._note_level(child)
                parts.append(child)
            elif child.name.lower() in DROPPED:
                continue
            elif self._is_inline(child, begins=child.starts_line or begins):
                parts.append(self._inline(child))
            else:
                parts.append(self._placed(self._block(child, is_free=may_head), child, parts))
            begins = _ends_blank(parts[-1], before=begins)
        return "".join(parts)

    @staticmethod
    def _placed(block: str, child: Element, parts: list[str]) -> str:
        """Put a block on lines of its own, as far to the right as its tag stood, so that it stays in its list entry."""
        if not block.strip():
            return ""
        if child.starts_line and parts and parts[-1].endswith(child.indent) and child.indent:
            parts[-1] = parts[-1][: len(parts[-1]) - len(child.indent)]
        lines = (f"{child.indent}{line}".rstrip() for line in block.strip("\n").split("\n"))
        return "\n\n" + "\n".join(lines) + "\n\n"

    def _note_level(self, text: str) -> None:
        if "#" in text:
            for mark in HEADING.findall(CODE.sub("", text)):
                self.level = len(mark)

    def _is_inline(self, child: Element, *, begins: bool) -> bool:
        if child.name.lower() in INLINE or child.name == "br":
            return True
        return not begins and "\n\n" not in child.source and not self._holds_blocks(child)

    @staticmethod
    def _holds_blocks(child: Element) -> bool:
        return child.name in HTML_BLOCKS or child.name in {"ul", "ol", "details"} or "```" in child.source

    # --- In a line ---------------------------------------------------------------------------

    def _inline(self, element: Element) -> str:
        name = element.name.lower()
        words = "".join(
            child if isinstance(child, str) else self._inline(child)
            for child in element.children
            if name not in DROPPED
        )
        if name == "br":
            return " "
        if name == "img":
            return element.attributes.get("alt", "")
        if not words.strip():
            return words or _said(element)
        if name in CODES and "`" not in words:
            return _around(words, "`")
        if name in MARKS and MARKS[name] not in words and "\n\n" not in words:
            return _around(words, MARKS[name])
        address = element.attributes.get("href", "")
        if name in {"a", "link"} and address and not address.startswith("#") and "](" not in words:
            return f"[{' '.join(words.split())}]({_address(address)})"
        return words

    # --- On lines of its own -----------------------------------------------------------------

    def _block(self, element: Element, *, is_free: bool) -> str:
        name = element.name.lower()
        if name in HTML_BLOCKS or (name in {"ul", "ol"} and "<li" in element.source):
            return html_to_markdown(element.source)[1]
        if name in HEADINGS:
            return self._heading(element, int(name[1]))
        if CALLOUT.search(name):
            return self._callout(element)
        if FOLD.match(name):
            return self._fold(element, is_free=is_free)
        if name == "steps":
            return self._steps(element)
        if CARD.search(name) and element.attributes.get("title"):
            return self._card(element)
        return self._other(element, is_free=is_free)

    def _inside(self, element: Element, *, is_free: bool = False) -> str:
        return _flush(self.children(element, is_free=is_free))

    def _heading(self, element: Element, level: int) -> str:
        self.level = level
        words = " ".join(self._inside(element).split())
        return f"{'#' * level} {words}" if words else ""

    def _callout(self, element: Element) -> str:
        own = re.sub(r"callout|admonition|alert|aside", "", element.name, flags=re.I)
        kind = element.attributes.get("type") or element.attributes.get("kind") or own
        title = element.attributes.get("title", "").strip()
        kind = "" if kind.lower() in GENERIC else kind
        label = title or kind[:1].upper() + kind[1:].lower() or "Note"
        body = self._inside(element)
        return self._labelled(label, body) if body or title else ""

    @staticmethod
    def _labelled(label: str, body: str) -> str:
        """Put a label before a text, on a line of its own when the text begins with a list, a table or code."""
        label = " ".join(label.replace("**", "").split()).rstrip(":")
        if not label:
            return body
        if not body:
            return f"**{label}**"
        mark = "" if label.endswith(("?", "!", ".")) else ":"
        return f"**{label}{mark}**" + (" " if FIRST_IS_TEXT.match(body) else "\n\n") + body

    def _fold(self, element: Element, *, is_free: bool) -> str:
        label = _title(element)
        summary = next((c for c in element.children if isinstance(c, Element) and c.name.lower() == "summary"), None)
        if summary is not None and not label:
            label = " ".join(self._inside(summary).split())
            element.children.remove(summary)
        level = self.level
        if not is_free or len(label) > SHORT_SUMMARY or not label:
            body = self._inside(element)
            if not label:
                return body
            return self._labelled(label, body)
        own = min(level + 1, DEEPEST)
        self.level = own
        body = _below(self._inside(element), own)
        self.level = level
        return f"{'#' * own} {label.strip('*# ')}\n\n{body}" if body else ""

    def _steps(self, element: Element) -> str:
        inside = [c for c in element.children if isinstance(c, Element) or c.strip()]
        steps = [c for c in inside if isinstance(c, Element) and c.name.lower() in STEP_NAMES]
        level = self.level
        if steps and steps == inside:
            entries = [self._labelled(step.attributes.get("title", ""), self._inside(step)) for step in steps]
            body = ""
        else:
            body = self._inside(element)
            entries = _cut_at_headings(body)
        self.level = level
        if not entries or (body and sum(map(len, entries)) > LONGEST_STEPS):
            return body
        return "\n".join(f"{number}. {_hanging(entry)}" for number, entry in enumerate(entries, start=1) if entry)

    def _card(self, element: Element) -> str:
        title = " ".join(element.attributes["title"].split())
        address = element.attributes.get("href") or element.attributes.get("link") or ""
        said = element.attributes.get("description", "") or self._inside(element)
        name = f"[{title}]({_address(address)})" if address else title
        return f"- {name}" + (f": {' '.join(said.split())}" if said.strip() else "")

    def _other(self, element: Element, *, is_free: bool) -> str:
        body = self._inside(element, is_free=is_free and GROUP.search(element.name) is not None)
        title = _title(element) if element.name[:1].isupper() else ""
        if body and title:
            return self._labelled(title, body)
        return body or _said(element)


def _ends_blank(part: str, *, before: bool) -> bool:
    """Tell whether what was written ends with the beginning of a line, once this part follows; `before` is how it was."""
    if not part.strip(" \t"):
        return before
    return not part.rpartition("\n")[2].strip()


def _title(element: Element) -> str:
    return next((element.attributes[key] for key in TITLES if element.attributes.get(key)), "")


def _before_heading(children: "Sequence[Element | str]") -> list[bool]:
    """Tell of each child whether what comes after it and other folds is a heading, or nothing.

    Only then may a fold have a heading of its own: it would also stand above the text that follows.
    """
    found: list[bool] = []
    is_free = True
    for child in reversed(children):
        found.append(is_free)
        if isinstance(child, str):
            is_free = is_free if not child.strip() else _starts_heading(child)
        elif not FOLD.match(child.name) and not GROUP.search(child.name):
            is_free = False
    return found[::-1]


def _starts_heading(text: str) -> bool:
    return HEADING.match(text.lstrip()) is not None


def _said(element: Element) -> str:
    """Give what an element without content says in its attributes."""
    name = element.name.lower()
    alt = element.attributes.get("alt") or element.attributes.get("caption")
    if alt:
        return alt
    address = element.attributes.get("src") or element.attributes.get("url") or ""
    if "video" in name and address.startswith(("http://", "https://")):
        return f"[{element.attributes.get('title') or 'Video'}]({_address(address)})"
    title = element.attributes.get("title") or element.attributes.get("description") or ""
    return title if element.name[:1].isupper() and " " in title else ""


def _address(address: str) -> str:
    return address.strip().replace(" ", "%20").replace("(", "%28").replace(")", "%29")


def _around(words: str, mark: str) -> str:
    inner = words.strip()
    left, right = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    return f"{left}{mark}{' '.join(inner.split())}{mark}{right}"


def _flush(text: str) -> str:
    """Move a text to the left by what all of its lines are indented, however its component was."""
    lines = text.expandtabs(4).split("\n") if "\t" in text and "```" not in text else text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    return dedent("\n".join(lines[first:])).rstrip()


def _hanging(text: str) -> str:
    return "\n".join(f"   {line}".rstrip() for line in text.split("\n")).lstrip()


def _below(body: str, level: int) -> str:
    """Push headings down so that all of them are below a level."""
    outside = CODE.sub("", body)
    least = min((len(mark) for mark in HEADING.findall(outside)), default=DEEPEST)
    shift = level + 1 - least
    if shift <= 0:
        return body
    parts, place = [], 0
    for code in [*CODE.finditer(body), None]:
        end = code.start() if code else len(body)
        parts.append(HEADING.sub(lambda m: "#" * min(len(m.group(1)) + shift, DEEPEST), body[place:end]))
        if code:
            parts.append(code.group())
            place = code.end()
    return "".join(parts)


def _cut_at_headings(body: str) -> list[str]:
    """Cut a text at its headings, which become the bold beginnings of entries; nothing when it begins with none."""
    codes = [match.span() for match in CODE.finditer(body)]
    starts = [start for start, _end in codes]

    def is_code(place: int) -> bool:
        before = bisect_right(starts, place)
        return before > 0 and place < codes[before - 1][1]

    places = [match for match in HEADING.finditer(body) if not is_code(match.start())]
    if not places or body[: places[0].start()].strip() or len({len(m.group(1)) for m in places}) > 1:
        return []
    ends = [match.start() for match in places[1:]] + [len(body)]
    entries = []
    for match, end in zip(places, ends, strict=True):
        title, _, rest = body[match.end() : end].strip().partition("\n")
        entries.append(f"**{title.strip('*# ')}**" + (f"\n\n{rest.strip(chr(10))}" if rest.strip() else ""))
    return entries
