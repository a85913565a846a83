"""Documentation Markdown as plain Markdown: components, call-outs, tabs, steps and the like become ordinary structure."""

import re
from itertools import accumulate

from knowledge.jsx import CODE, Element, parse
from knowledge.mdx_writing import written

IMPORT = re.compile(
    r"""^(?:import\s(?:[^\n;'"]{0,300}?\sfrom\s*)?["'][^"'\n]{1,300}["'];?[ \t]*$|import\s*\{[^\n}]{0,300}$|export\s(?:const|default|let|function|async)\b)"""
)
COMMENT = re.compile(r"\{/\*(?:(?!\*/|\{/\*).)*\*/\s*\}|<!--(?:(?!-->|<!--).)*-->", re.DOTALL)
# `{" "}` is how JSX writes a space; `{frontmatter.title}` and `{list.map(…)}` mean something to a program only.
LITERAL = re.compile(r"""\{\s*(["'`])((?:(?!\1)[^\n\\$])*)\1\s*\}""")
COMPUTED_LINE = re.compile(r"^[ \t]*\{[A-Za-z_$][\w$]*(?:\.[\w$]+)+\}[ \t]*$")
COMPUTED_BEGINS = re.compile(r"^\{[^\n]{0,300}=>")
HEADING_ID = re.compile(r"^(#{1,6}[ \t][^\n]*?)[ \t]*\\?\{\s*#[\w.:-]+\s*\}[ \t]*$")
# A private character of Unicode stands for a comment until it is known whether its line goes with it.
MARKED_COMMENT = "\ue100"
LONE_MARKS = re.compile(r"\n(?:[ \t]*\ue100[ \t]*\n)+")
# `:::note Title`, `:::note[Title]`, `:::tabs{title="x"}` and the lone `:::` that ends one.
DIRECTIVE = re.compile(r"^([ \t]*)(:{3,9})[ \t]*\{?\.?([A-Za-z][\w-]{0,40})?\}?[ \t]*(.{0,300})$")
DIRECTIVE_TITLE = re.compile(r"""^\[([^\]\n]*)\]|title=["']([^"'\n]*)["']""")
# VuePress writes these with a space after the colons.
SPACED = frozenset({"note", "tip", "info", "warning", "danger", "caution", "important", "details"})
# GitHub's `> [!NOTE]`, and `!!! note "Title"`, `??? tip`, `=== "Tab"` of MkDocs, whose text is indented.
ALERT = re.compile(r"^([ \t]*)>[ \t]?\[!([A-Za-z]{2,20})\][+-]?[ \t]*(.*)$")
QUOTED = re.compile(r"^[ \t]*>[ \t]?")
INDENTED = re.compile(
    r"""^([ \t]*)(?:(?:!!!|\?\?\?\+?)[ \t]+([A-Za-z][\w-]{0,40})|===)(?:[ \t]+["']([^"'\n]*)["'])?[ \t]*$"""
)
FENCE = re.compile(r"^[ \t]*(?:>[ \t]?|[-*+][ \t]+|\d{1,9}[.)][ \t]+)*(`{3,}|~{3,})(.*)$")
MAX_EXPRESSION_LINES = 200
LONGEST_HEADING = 500


def plain_markdown(text: str) -> str:
    """Write a documentation page as plain Markdown; code, and what only looks like markup, stays as it is.

    What is broken (a tag that nobody closes, a brace too many) loses at most its own mark, never the words after it.
    """
    lines = _without_programs(text.split("\n"))
    text = LONE_MARKS.sub("\n\n", _outside_code("\n".join(_as_tags(lines)))).replace(MARKED_COMMENT, "")
    tree = parse(text)
    if all(not isinstance(child, Element) for child in tree.children):
        return text
    return written(tree)


def _outside_code(text: str) -> str:
    """Take away comments and heading ids, and write literals out, where no code stands."""
    parts = []
    place = 0
    for code in CODE.finditer(text):
        before, found, end = text[place : code.start()], code.group(), code.end()
        if before.endswith("{") and text[end : end + 1] == "}" and found.startswith("`") and "${" not in found:
            before, found, end = before[:-1], found.strip("`"), end + 1
        parts += [_cleaned(before), found]
        place = end
    return "".join([*parts, _cleaned(text[place:])])


def _cleaned(text: str) -> str:
    if "{" not in text and "<!--" not in text:
        return text
    text = LITERAL.sub(r"\2", COMMENT.sub(MARKED_COMMENT, text))
    lines = (HEADING_ID.sub(r"\1", line) if len(line) < LONGEST_HEADING else line for line in text.split("\n"))
    return "\n".join(line for line in lines if not COMPUTED_LINE.match(line))


def _without_programs(lines: list[str]) -> list[str]:
    """Leave out imports, exports and expressions that run over lines; code in fences stays."""
    kept: list[str] = []
    ends = _ends_of_expressions(lines)
    fence = ""
    place = 0
    while place < len(lines):
        line = lines[place]
        fence = fence_after(fence, line)
        if not fence and IMPORT.match(line):
            is_whole = line.startswith("import") and "{" not in line
            place = place + 1 if is_whole else ends[place] or place + 1
        elif not fence and COMPUTED_BEGINS.match(line) and ends[place]:
            place = ends[place]
        else:
            kept.append(line)
            place += 1
    return kept


def _ends_of_expressions(lines: list[str]) -> list[int]:
    """Give for each line the place after the one that closes what it opens; 0 when none near does."""
    changes = (sum(map(line.count, "{([")) - sum(map(line.count, "})]")) for line in lines)
    ends = [0] * len(lines)
    waiting: list[tuple[int, int]] = []
    for place, depth in enumerate(accumulate(changes, initial=0)):
        while waiting and waiting[-1][1] >= depth:
            opener, _depth = waiting.pop()
            if place - opener <= MAX_EXPRESSION_LINES:
                ends[opener] = place
        waiting.append((place, depth))
    return ends


def fence_after(fence: str, line: str) -> str:
    """Give the fence that is open after a line; empty outside of code."""
    found = FENCE.match(line)
    if found is None:
        return fence
    mark, rest = found.group(1), found.group(2)
    if not fence:
        return "" if mark[0] == "`" and "`" in rest else mark
    closes = mark[0] == fence[0] and len(mark) >= len(fence) and not rest.strip()
    return "" if closes else fence


def _as_tags(lines: list[str]) -> list[str]:
    """Write call-outs of other kinds as the tags that components have, so that there is one way to read them."""
    found: list[str] = []
    fence = ""
    place = 0
    open_marks: list[str] = []
    while place < len(lines):
        line = lines[place]
        was_code = bool(fence)
        fence = fence_after(fence, line)
        place += 1
        if fence or was_code:
            found.append(line)
        elif alert := ALERT.match(line):
            place = _take_alert(found, alert, lines, place)
        elif (block := INDENTED.match(line)) and (block.group(2) or block.group(3)):
            place = _take_indented(found, block, lines, place)
        else:
            found.append(_directive(line, open_marks))
    return found


def _take_alert(found: list[str], alert: re.Match[str], lines: list[str], place: int) -> int:
    indent, kind, title = alert.groups()
    found += ["", f"{indent}{_opening('Callout', kind, title)}"]
    while place < len(lines) and QUOTED.match(lines[place]):
        found.append(indent + QUOTED.sub("", lines[place]))
        place += 1
    found.append(f"{indent}</Callout>")
    return place


def _take_indented(found: list[str], block: re.Match[str], lines: list[str], place: int) -> int:
    indent, kind, title = block.groups()
    name = "Callout" if kind else "Tab"
    inside = []
    while place < len(lines) and (
        not lines[place].strip() or lines[place].startswith((f"{indent}    ", f"{indent}\t"))
    ):
        inside.append(lines[place])
        place += 1
    # The inner call-outs are written in the same way.
    found += ["", f"{indent}{_opening(name, kind or '', title or '')}", *_as_tags(inside), f"{indent}</{name}>", ""]
    return place


def _directive(line: str, open_marks: list[str]) -> str:
    match = DIRECTIVE.match(line)
    if match is None:
        return line
    indent, mark, kind, rest = match.groups()
    if kind and line[match.end(2) : match.end(2) + 1] == " " and kind.lower() not in SPACED:
        return line
    if not kind:
        if rest or not open_marks:
            return line
        open_marks.pop()
        return f"{indent}</Callout>"
    title = DIRECTIVE_TITLE.search(rest)
    words = next(filter(None, title.groups()), "") if title else ("" if rest.startswith("{") else rest)
    open_marks.append(mark)
    return f"{indent}{_opening('Callout', kind, words)}"


def _opening(name: str, kind: str, title: str) -> str:
    words = title.strip().replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return f'<{name} type="{kind.lower()}"' + (f' title="{words}">' if words else ">")
