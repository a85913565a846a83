"""compose(): whole sentences and steps of passages that answer a question, and how likely they do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from knowledge.markdown import to_plain
from knowledge.questions import FIGURE, Question, read_question, share_of
from knowledge.quotes import Unit, is_told
from knowledge.sentences import split_sentences
from knowledge.services import answerability
from knowledge.services.conflicts import Conflict, conflict_of
from knowledge.services.embedding import Vectors
from knowledge.services.reading import FULL_WORDS, STEPS_BONUS, Read, has_figure, read_passages
from knowledge.services.search import FoundPassage
from knowledge.stopwords import stems

MAX_SENTENCES = 6
MAX_CHARS = 900
# A passage as short as this is quoted whole: leaving sentences out would save nobody time.
WHOLE_UNITS = 4
WHOLE_CHARS = 420
MAX_BULLETS = 8
MAX_ROWS = 12
# How much of the weight of the row that is named best another one needs to be meant too.
NAMED_SHARE = 0.6
BEST_BULLETS = 5
# In cosine: how much worse the section with the steps may fit than its article's introduction, how much worse the
# neighbours of the best sentence, and how near a sentence must be to the best one to be added from elsewhere. A fact is
# answered with less around it than a way.
STEPS_WITHIN = 0.14
KEEP_WITHIN = 0.16
KEEP_WITHIN_FACT = 0.10
ADD_WITHIN = 0.02
ADD_FROM_WITHIN = 0.04
TOO_ALIKE = 0.93
CODE_FENCE = re.compile(r"`{3}|~{3}")
LIST_MARK = re.compile(r"^\s*(?:[-*+•]|\d{1,9}[.)])\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedSentence:
    """A sentence or step as the customer reads it; `start` and `end` span it in the revision's body.

    Code in `text` stands between lines of ```. `is_step` marks an entry of a numbered list, `mark` is "1." or "-" for list entries and empty otherwise.
    """

    text: str
    passage: FoundPassage
    start: int
    end: int
    is_step: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedAnswer:
    """What can be quoted as an answer; `probability` is the calibrated chance that it answers the question.

    `conflict` is there when published passages disagree on it; what is quoted is then the one that counts. `calibration`
    is the version of the deployment's own calibration that moved the probability, 0 for none.
    """

    sentences: tuple[QuotedSentence, ...] = ()
    probability: float = 0.0
    features: dict[str, float] = field(default_factory=dict)
    conflict: Conflict | None = None
    calibration: int = 0


def compose(*, question: str, passages: Sequence[FoundPassage], history: Sequence[str] = ()) -> ExtractedAnswer:
    """Quote what answers a question: a whole list of steps, or up to six sentences, mostly of one passage.

    `passages` as `search()` gave them, best first; `history` holds the customer's earlier messages. Nothing is
    rewritten: each sentence stands in its passage but for Markdown's marks.
    """
    if not passages or not question.strip():
        return ExtractedAnswer()
    asked = read_question(question, history)
    read = read_passages(asked, passages)
    conflict = conflict_of(read)
    if conflict is not None:
        read = [entry for entry in read if entry.passage is not conflict.dropped_passage]
    top = _top(read, asked) if read else None
    chosen = _choose(top, read, asked) if top else []
    features = answerability.features(
        question=asked, passages=passages, read=read, top=top, quoted=[quote.text for quote in chosen]
    )
    return ExtractedAnswer(
        sentences=tuple(chosen),
        probability=answerability.probability(features) if chosen else 0.0,
        features=features,
        conflict=conflict,
    )


def _top(read: Sequence[Read], question: Question) -> Read:
    """Give the best passage, or for an introduction the section of its article that tells the way asked for.

    Only a section whose heading fits as well takes that place: steps for something else are no answer.
    """
    top = read[0]
    if not question.wants_steps or top.tells_steps or top.passage.heading:
        return top
    siblings = (entry for entry in read[1:] if entry.passage.article_id == top.passage.article_id)
    return next((entry for entry in siblings if entry.tells_steps and entry.value >= top.value - STEPS_WITHIN), top)


def _choose(top: Read, read: Sequence[Read], question: Question) -> list[QuotedSentence]:
    fact = _fact_in_a_step(top, question)
    if fact:
        return fact
    chosen = _from_passage(top, question)
    quoted = [_quote(top, index) for index in chosen]
    if any(top.units[index].kind != "sentence" for index in chosen):
        return quoted
    return _with_more(quoted, [top.vectors[index] for index in chosen], [top, *(e for e in read if e is not top)])


def _fact_in_a_step(entry: Read, question: Question) -> list[QuotedSentence]:
    """Quote the sentence with the figure that was asked for when it stands in a step: nobody wants the way then."""
    best = max(range(len(entry.units)), key=lambda index: entry.fits[index])
    unit = entry.units[best]
    if not question.wants_figure or unit.kind != "step" or not has_figure(unit):
        return []
    spans = split_sentences(entry.passage.body[unit.start : unit.end], unit.start)
    said = [
        (start, end, _plain(entry.passage.body[start:end]))
        for start, end in spans
        if not _holds_code(entry, start, end)
    ]
    with_figure = [span for span in said if FIGURE.search(span[2])]
    if not with_figure:
        return []
    start, end, text = max(with_figure, key=lambda span: share_of(question.words, span[2]))
    offset = entry.passage.start
    return [QuotedSentence(text=text, passage=entry.passage, start=offset + start, end=offset + end)]


def _holds_code(entry: Read, start: int, end: int) -> bool:
    """Tell whether a sentence runs into code, which nobody can read in one line."""
    return CODE_FENCE.search(entry.passage.body, start, end) is not None


def _plain(text: str) -> str:
    return " ".join(to_plain(LIST_MARK.sub("", text)).split())


def _from_passage(entry: Read, question: Question) -> list[int]:
    """Choose units of one passage, in its order."""
    everything = list(range(len(entry.units)))
    length = sum(len(unit.text) for unit in entry.units)
    has_table = any(unit.kind == "row" for unit in entry.units)
    if len(everything) <= WHOLE_UNITS and length <= WHOLE_CHARS and not has_table:
        return everything
    block = _best_block(entry, wants_steps=question.wants_steps)
    members = [index for index in everything if entry.units[index].block == block]
    kind = entry.units[members[0]].kind
    if kind == "step":
        return _lead_in(entry, members[0]) + members
    if kind in {"bullet", "row"}:
        return _lead_in(entry, members[0]) + _best_entries(entry, members, question)
    return _sentences_around(entry, members, question)


def _best_block(entry: Read, *, wants_steps: bool) -> int:
    """Give the block that fits best; asked for a way to do something, steps count a little more."""
    values: dict[int, float] = {}
    for unit, fit in zip(entry.units, entry.fits, strict=True):
        bonus = STEPS_BONUS if wants_steps and unit.kind == "step" and is_told(unit.text) else 0.0
        # The sentence that announces a list speaks for the list.
        block = unit.block + 1 if unit.leads_in and _has_block(entry, unit.block + 1) else unit.block
        values[block] = max(values.get(block, 0.0), fit + bonus)
    return max(values, key=lambda block: values[block])


def _has_block(entry: Read, block: int) -> bool:
    return any(unit.block == block for unit in entry.units)


def _lead_in(entry: Read, first: int) -> list[int]:
    """Give the sentence before a list, which says what the list is for."""
    if first == 0:
        return []
    before = entry.units[first - 1]
    follows = before.block == entry.units[first].block - 1
    return [first - 1] if before.leads_in and follows else []


def _best_entries(entry: Read, members: Sequence[int], question: Question) -> list[int]:
    """Give a short list whole, the best entries of a long one, and of a table the rows that were asked about."""
    if entry.units[members[0]].kind == "row":
        return _asked_rows(entry, members, question)
    if len(members) <= MAX_BULLETS:
        return list(members)
    return sorted(sorted(members, key=lambda index: -entry.fits[index])[:BEST_BULLETS])


def _asked_rows(entry: Read, members: Sequence[int], question: Question) -> list[int]:
    """Give the head of a table with the rows whose first cells the question names, else any cell, else the whole table."""
    head, rows = members[0], list(members[1:])
    cells = [[cell.strip() for cell in entry.units[index].text.split("|")] for index in rows]
    asked = _named_in([row[:1] for row in cells], question) or _named_in(cells, question)
    return [head, *([rows[place] for place in asked] or rows)[:MAX_ROWS]]


def _named_in(rows: Sequence[Sequence[str]], question: Question) -> list[int]:
    """Give the places of the rows that the question singles out; none when it singles out all, or none.

    A row counts by the question's words in it that not all rows have. It falls out when another has these words and
    further ones (*Pro* where *Pro Plus* was asked for), when it has much rarer words against it, and when another is
    called just what was asked for.
    """
    found = [frozenset(question.words) & stems(" ".join(cells)) for cells in rows]
    in_all = frozenset.intersection(*found) if found else frozenset()
    named = {place: words - in_all for place, words in enumerate(found) if words - in_all}
    weights = {place: sum(question.words[word] for word in words) for place, words in named.items()}
    least = NAMED_SHARE * max(weights.values(), default=0.0)
    asked = [
        place
        for place, words in named.items()
        if weights[place] >= least and not any(words < others for others in named.values())
    ]
    exact = [place for place in asked if any(_is_whole(cell, named[place]) for cell in rows[place])]
    called = {named[place] for place in exact}
    asked = [place for place in asked if place in exact or named[place] not in called]
    return asked if len(asked) < len(rows) else []


def _is_whole(cell: str, words: frozenset[str]) -> bool:
    """Tell whether a cell says these words and no others."""
    return bool(words) and stems(cell) == words


def _sentences_around(entry: Read, members: Sequence[int], question: Question) -> list[int]:
    """Give the sentence that fits best with its neighbours as long as they fit too, and the list it announces."""
    best = max(members, key=lambda index: entry.fits[index])
    chosen = [best]
    within = KEEP_WITHIN_FACT if question.wants_figure and has_figure(entry.units[best]) else KEEP_WITHIN
    for step in (-1, 1):
        index = best + step
        while (
            index in members
            and len(chosen) < MAX_SENTENCES
            and _fits_too(entry, entry.fits[best] - within, index, chosen)
        ):
            chosen.append(index)
            index += step
    chosen.sort()
    last = chosen[-1]
    if entry.units[last].leads_in and last + 1 < len(entry.units):
        block = entry.units[last + 1].block
        announced = [i for i, unit in enumerate(entry.units) if unit.block == block and i > last]
        is_table = entry.units[last + 1].kind == "row"
        chosen += _asked_rows(entry, announced, question) if is_table else announced
    return chosen


def _fits_too(entry: Read, least: float, index: int, chosen: Sequence[int]) -> bool:
    length = sum(len(entry.units[i].text) for i in chosen) + len(entry.units[index].text)
    return entry.fits[index] >= least and length <= MAX_CHARS


def _with_more(quoted: list[QuotedSentence], vectors: list[Vectors], read: Sequence[Read]) -> list[QuotedSentence]:
    """Add sentences that fit as well as the best one and say something else, of these or other passages."""
    spans = {(quote.passage.passage_id, quote.start) for quote in quoted}
    best = max(entry.best for entry in read[:1])
    others = [
        (fit, entry, index)
        for entry in read
        if entry.value >= read[0].value - ADD_FROM_WITHIN and entry.is_other == read[0].is_other
        for index, fit in enumerate(entry.fits)
        if fit >= best - ADD_WITHIN and _says_enough(entry.units[index])
    ]
    for _fit_value, entry, index in sorted(others, key=lambda other: -other[0]):
        quote = _quote(entry, index)
        is_known = (quote.passage.passage_id, quote.start) in spans
        too_long = len(quoted) >= MAX_SENTENCES or sum(len(q.text) for q in quoted) + len(quote.text) > MAX_CHARS
        if is_known or too_long or _says_it_already(entry.vectors[index], vectors):
            continue
        quoted.append(quote)
        vectors.append(entry.vectors[index])
    return _in_reading_order(quoted)


def _says_enough(unit: Unit) -> bool:
    return unit.kind == "sentence" and not unit.leads_in and len(unit.text.split()) >= FULL_WORDS


def _says_it_already(vector: Vectors, vectors: Sequence[Vectors]) -> bool:
    return bool(vectors) and float(np.max(np.stack(vectors) @ vector)) >= TOO_ALIKE


def _in_reading_order(quoted: Sequence[QuotedSentence]) -> list[QuotedSentence]:
    """Keep passages in the order they were first quoted, and sentences in the order of the text."""
    first: dict[int, int] = {}
    for place, quote in enumerate(quoted):
        first.setdefault(quote.passage.passage_id, place)
    return sorted(quoted, key=lambda quote: (first[quote.passage.passage_id], quote.start))


def _quote(entry: Read, index: int) -> QuotedSentence:
    unit = entry.units[index]
    offset = entry.passage.start
    number = sum(1 for other in entry.units[: index + 1] if other.block == unit.block)
    marks = {"step": f"{number}.", "bullet": "-", "row": "-"}
    return QuotedSentence(
        text=unit.text,
        passage=entry.passage,
        start=offset + unit.start,
        end=offset + unit.end,
        is_step=unit.kind == "step",
        mark=marks.get(unit.kind, ""),
    )
