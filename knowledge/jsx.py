"""Tags of components and HTML in a Markdown text, as a tree; whatever is no tag for sure is text."""

import html
import re
from collections import Counter
from dataclasses import dataclass, field

# Fenced code, and code in a line: what stands there is meant as it is.
CODE = re.compile(
    r"^[ \t]*(?:>[ \t]?|[-*+][ \t]+|\d{1,9}[.)][ \t]+)*(?P<fence>`{3,}|~{3,})(?:[^\n`]*)\n(?:(?!^[ \t>]*(?P=fence)[`~]*[ \t]*$)[^\n]*\n)*"
    r"(?:^[ \t>]*(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|(?<![\\`])(?P<mark>`{1,4})(?!`)(?:[^\n`]|(?!(?P=mark)(?!`))`|\n(?!\s*\n)){1,2000}?(?P=mark)(?!`)",
    re.MULTILINE,
)
TAG = re.compile(r"(?<!\\)<(/?)([A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*)*)(?=[\s/>])|(?<!\\)</?>")
ATTRIBUTE = re.compile(
    r"""\s*([A-Za-z_:@][\w:.-]*)(?:\s*=\s*(?:"([^"]{0,2000})"|'([^']{0,2000})'|(?=(\{))|([^\s"'`=<>{}]{1,300})))?"""
)
SPREAD = re.compile(r"\s*(?=\{)")
END = re.compile(r"\s*(/?)>")
STRING = re.compile(r"""\A\{\s*(["'`])((?:(?!\1)[^\\$])*)\1\s*\}\Z""", re.DOTALL)
MAX_BRACES = 4_000
FARTHEST_INDENT = 200
# Tags inside tags beyond this hold nothing.
DEEPEST = 60
# What a hostile text may cost in expressions that end nowhere.
MAX_WASTE = 2_000_000
VOID = frozenset({"br", "hr", "img", "input", "source", "wbr", "meta", "link", "col"})
KNOWN = frozenset(
    "a abbr article aside b blockquote br button caption center cite code col colgroup dd del details dfn div dl dt em "
    "figcaption figure footer font h1 h2 h3 h4 h5 h6 header hr i iframe img input ins kbd li main mark nav ol p picture pre q s "
    "samp script section small source span strong style sub summary sup svg table tbody td tfoot th thead tr tt u ul var video "
    "wbr".split()
)
# These may stand without one that closes them.
ALONE = frozenset({"br", "hr", "wbr", "p", "li", "td", "th", "tr", "dt", "dd"})
BARE = frozenset(
    "open hidden controls autoplay loop muted playsinline allowfullscreen async defer disabled checked alt class "
    "className classname style id href src title width height align name target rel".split()
)


@dataclass(slots=True)
class Element:
    """A tag with what stands in it; `starts_line` says that only blank space stands before it on its line."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: "list[Element | str]" = field(default_factory=list)
    indent: str = ""
    starts_line: bool = False
    source: str = ""


@dataclass(slots=True)
class _Tag:
    start: int
    end: int
    name: str
    closes: bool
    is_whole: bool
    attributes: dict[str, str]


def parse(text: str) -> Element:
    """Read a text as a tree under an element without a name.

    A tag that is never closed holds nothing; one that was never opened is left out if it is surely meant as one.
    """
    tags = _real_tags(text)
    root = Element("")
    stack = [root]
    partners = _partners(tags)
    closing: list[int] = []
    place = 0
    for number, tag in enumerate(tags):
        stack[-1].children.append(text[place : tag.start])
        place = tag.end
        if tag.closes:
            if closing and closing[-1] == number:
                stack.pop()
                closing.pop()
            continue
        element = _element(text, tag)
        stack[-1].children.append(element)
        if number in partners and len(stack) < DEEPEST:
            element.source = text[tag.start : tags[partners[number]].end]
            stack.append(element)
            closing.append(partners[number])
    stack[-1].children.append(text[place:])
    return root


def _element(text: str, tag: _Tag) -> Element:
    floor = max(0, tag.start - FARTHEST_INDENT)
    begin = text.rfind("\n", floor, tag.start)
    line = text[begin + 1 if begin >= 0 else floor : tag.start]
    starts_line = not line.strip() and (begin >= 0 or not floor)
    return Element(
        tag.name,
        tag.attributes,
        indent=line if starts_line else "",
        starts_line=starts_line,
        source=text[tag.start : tag.end],
    )


def _partners(tags: list[_Tag]) -> dict[int, int]:
    """Give for opening tags the one that closes each; what is open when an outer one closes has no partner."""
    pairs: dict[int, int] = {}
    waiting: list[int] = []
    open_names: Counter[str] = Counter()
    for number, tag in enumerate(tags):
        if tag.is_whole:
            continue
        if not tag.closes:
            waiting.append(number)
            open_names[tag.name] += 1
        elif open_names[tag.name]:
            while waiting:
                opener = waiting.pop()
                open_names[tags[opener].name] -= 1
                if tags[opener].name == tag.name:
                    pairs[opener] = number
                    break
    return pairs


def _real_tags(text: str) -> list[_Tag]:
    """Find tags outside of code, and leave out what may be a placeholder: `<your-token>`, `<Name>` that nothing closes."""
    found = _tags(text)
    closed = {tag.name for tag in found if tag.closes}
    opened = {tag.name for tag in found if not tag.closes}
    return [tag for tag in found if _is_real(tag, opened, closed)]


def _is_real(tag: _Tag, opened: set[str], closed: set[str]) -> bool:
    is_paired = tag.name in opened and tag.name in closed
    has_values = any(tag.attributes.values())
    if tag.name in KNOWN:
        # "a <b and c> d" compares.
        if tag.attributes and not any(value or name.lower() in BARE for name, value in tag.attributes.items()):
            return False
        return is_paired or tag.closes or has_values or tag.name in ALONE
    is_component = tag.name[:1].isupper() and (not tag.name.isupper() or len(tag.name) == 1)
    return is_paired or (is_component and (tag.is_whole or tag.closes or has_values))


def _tags(text: str) -> list[_Tag]:
    found: list[_Tag] = []
    waste = 0
    codes = [match.span() for match in CODE.finditer(text)]
    number = 0
    place = 0
    while (match := TAG.search(text, place)) is not None:
        while number < len(codes) and codes[number][1] <= match.start():
            number += 1
        if number < len(codes) and codes[number][0] <= match.start():
            place = codes[number][1]
            continue
        tag, read_to = _tag(text, match)
        place = tag.end if tag else match.end()
        if tag:
            found.append(tag)
        else:
            waste += read_to - match.start()
            if waste > MAX_WASTE:
                break
    return found


def _tag(text: str, match: re.Match[str]) -> tuple[_Tag | None, int]:
    """Read a tag to its end; None, and how far was looked, when it is none."""
    name = match.group(2)
    if name is None:
        return _Tag(match.start(), match.end(), "", match.group() == "</>", is_whole=False, attributes={}), match.end()
    attributes: dict[str, str] = {}
    place = match.end()
    while True:
        end = END.match(text, place)
        if end:
            is_whole = bool(end.group(1)) or name in VOID
            return _Tag(match.start(), end.end(), name, bool(match.group(1)), is_whole, attributes), end.end()
        spread = SPREAD.match(text, place)
        attribute = None if spread else ATTRIBUTE.match(text, place)
        if spread is None and (attribute is None or attribute.end() == place):
            return None, place
        if attribute is None or attribute.group(4):
            begin = attribute.end() if attribute else (spread.end() if spread else place)
            braces = _braces(text, begin)
            if braces is None:
                return None, begin + MAX_BRACES
            place = begin + len(braces)
            if attribute:
                string = STRING.match(braces)
                attributes[attribute.group(1)] = html.unescape(string.group(2)) if string else ""
        else:
            place = attribute.end()
            value = next((part for part in attribute.group(2, 3, 5) if part is not None), "")
            attributes[attribute.group(1)] = html.unescape(value)


def _braces(text: str, start: int) -> str | None:
    """Give what stands from an opening brace to the one that closes it; None when that is too far away."""
    depth = 0
    for place in range(start, min(len(text), start + MAX_BRACES)):
        if text[place] == "{":
            depth += 1
        elif text[place] == "}":
            depth -= 1
            if not depth:
                return text[start : place + 1]
    return None
