"""What a model wrote, cut into sentences with the passages they name; works on half an answer as on a whole one."""

import re
from dataclasses import dataclass

from knowledge.sentences import split_sentences

CITATION = re.compile(r"\s*\[\s*(\d{1,2})(?:\s*[,;]\s*\d{1,2})*\s*\]")
MARK = re.compile(r"^\s*(?:(\d{1,2})[.)]|([-*•]))\s+")
# A mark that stands after the full stop belongs to the sentence before it.
LATE_CITATION = re.compile(r"([.!?:…]+[\"'”’)]*)((?:\s*\[[\d\s,;]+\])+)")
OPEN_CITATION = re.compile(r"\s*\[[\d\s,;]*$")
EMPHASIS = re.compile(r"(\*\*|__|`)(?=\S)(.+?)(?<=\S)\1")
HEADING = re.compile(r"^\s*#{1,6}\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One sentence of a model; `passage` is the number it named, None without one."""

    text: str
    passage: int | None = None
    is_step: bool = False
    mark: str = ""


def sentences_of(text: str) -> tuple[Written, ...]:
    """Cut a text into sentences and entries; one without a number takes the next number of its line."""
    found: list[Written] = []
    for line in text.splitlines():
        found += _sentences_of_line(line)
    return tuple(found)


def complete_sentences(text: str) -> tuple[Written, ...]:
    """Cut a text that is still being written: all sentences but the last, whose number may still come."""
    return sentences_of(OPEN_CITATION.sub("", text))[:-1]


def _sentences_of_line(line: str) -> list[Written]:
    line = EMPHASIS.sub(r"\2", HEADING.sub("", line))
    mark = MARK.match(line)
    body = line[mark.end() :] if mark else line
    # Put the number before the full stop, so that cutting at the stop keeps them together.
    body = LATE_CITATION.sub(lambda m: f"{m.group(2)}{m.group(1)}", body)
    pieces = [body] if mark else [body[start:end] for start, end in split_sentences(body)]
    written: list[Written] = []
    following: int | None = None
    for piece in reversed(pieces):
        numbers = CITATION.findall(piece)
        plain = " ".join(CITATION.sub("", piece).split())
        following = int(numbers[0]) if numbers else following
        if any(character.isalnum() for character in plain):
            is_step = bool(mark and mark.group(1))
            sign = "" if mark is None else f"{mark.group(1)}." if mark.group(1) else "-"
            written.insert(0, Written(text=plain, passage=following, is_step=is_step, mark=sign))
    return written
