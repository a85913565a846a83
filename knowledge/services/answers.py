"""compose(): whole sentences and steps of passages that answer a question, and how likely they do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import fmean

import numpy as np

from knowledge.quotes import Unit, is_told, tells_steps, units_of
from knowledge.services import answerability
from knowledge.services.embedding import Vectors, embed
from knowledge.services.search import FoundPassage
from knowledge.stopwords import stems
from knowledge.turns import WeightedText, weighted_texts

# Passages that may be quoted; further ones only speak for how sure the search is.
READ_PASSAGES = 6
MAX_SENTENCES = 6
MAX_CHARS = 900
# A passage as short as this is quoted whole: leaving sentences out would save nobody time.
WHOLE_UNITS = 4
WHOLE_CHARS = 420
MAX_BULLETS = 8
BEST_BULLETS = 5
# In cosine: what the question's words are worth in a sentence and in a passage, what steps are worth when a way is
# asked for, what a text loses that is too short to say more than the question did, and what a passage loses that lacks
# a word of the question which the other titles have: asked about plan Diamond, the page on plan Gold is wrong.
WORD_BONUS = 0.08
PASSAGE_WORDS_BONUS = 0.04
STEPS_BONUS = 0.02
STEPS_WITHIN = 0.14
SHORT_LOSS = 0.20
NAME_LOSS = 0.12
FULL_WORDS = 8
RETRIEVAL_SHARE = 0.85
KEEP_WITHIN = 0.16
ADD_WITHIN = 0.02
ADD_FROM_WITHIN = 0.04
TOO_ALIKE = 0.93


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedSentence:
    """A sentence or step as the customer reads it; `start` and `end` span it in the revision's body.

    `is_step` marks an entry of a numbered list, `mark` is "1." or "-" for list entries and empty otherwise.
    """

    text: str
    passage: FoundPassage
    start: int
    end: int
    is_step: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedAnswer:
    """What can be quoted as an answer; `probability` is the calibrated chance that it answers the question."""

    sentences: tuple[QuotedSentence, ...] = ()
    probability: float = 0.0
    features: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Read:
    """A passage with its units and how well each fits the question."""

    passage: FoundPassage
    units: tuple[Unit, ...]
    vectors: Vectors
    fits: tuple[float, ...]
    words: frozenset[str]
    value: float

    @property
    def best(self) -> float:
        """Give the fit of the unit that fits best."""
        return max(self.fits, default=0.0)


def compose(*, question: str, passages: Sequence[FoundPassage], history: Sequence[str] = ()) -> ExtractedAnswer:
    """Quote what answers a question: a whole list of steps, or up to six sentences, mostly of one passage.

    `passages` as `search()` gave them, best first; `history` holds the customer's earlier messages. Nothing is
    rewritten: each sentence stands in its passage but for Markdown's marks.
    """
    if not passages or not question.strip():
        return ExtractedAnswer()
    texts = weighted_texts(question, history)
    context = texts[-1].text
    wants_steps = answerability.asks_how(question)
    read = _read(texts, passages[:READ_PASSAGES], wants_steps=wants_steps)
    quoted = [entry.passage for entry in read[:1]]
    features = answerability.features(
        question=question,
        context=context,
        passages=[*quoted, *(passage for passage in passages if passage not in quoted)],
        best_sentence=max((entry.best for entry in read), default=0.0),
    )
    chosen = _choose(read, wants_steps=wants_steps)
    probability = answerability.probability(features) if chosen else 0.0
    return ExtractedAnswer(sentences=tuple(chosen), probability=probability, features=features)


def _read(texts: Sequence[WeightedText], passages: Sequence[FoundPassage], *, wants_steps: bool) -> list[_Read]:
    """Measure how well each unit of each passage fits, best passage first."""
    asked = embed([entry.text for entry in texts], is_query=True)
    vector = np.array([entry.weight for entry in texts], dtype=np.float32) @ asked
    words = stems(texts[0].text) or stems(texts[-1].text)
    titles = [stems(f"{passage.title} {passage.heading}") for passage in passages]
    read = [
        _fit(passage, vector, words, loss=_name_loss(words, passage, titles), wants_steps=wants_steps)
        for passage in passages
    ]
    return sorted((entry for entry in read if entry.units), key=lambda entry: -entry.value)


def _fit(passage: FoundPassage, vector: Vectors, words: frozenset[str], *, loss: float, wants_steps: bool) -> _Read:
    units, vectors = _units(passage.body)
    fits = tuple(
        float(unit_vector @ vector) + WORD_BONUS * _share(words, unit.meaning) - _short_loss(unit.meaning)
        for unit, unit_vector in zip(units, vectors, strict=True)
    )
    # Two units, because a single sentence may only resemble the question.
    fit = fmean(sorted(fits)[-2:]) if fits else 0.0
    value = RETRIEVAL_SHARE * passage.score + (1 - RETRIEVAL_SHARE) * fit - loss
    value += PASSAGE_WORDS_BONUS * _share(words, _whole_text(passage))
    if wants_steps and tells_steps(units):
        value += STEPS_BONUS
    return _Read(passage, units, vectors, fits, words, value - _short_loss(passage.body) / 2)


def _name_loss(words: frozenset[str], passage: FoundPassage, titles: Sequence[frozenset[str]]) -> float:
    missing = words - stems(_whole_text(passage))
    shares = (sum(word in title for title in titles) / len(titles) for word in missing)
    return NAME_LOSS * max(shares, default=0.0)


def _whole_text(passage: FoundPassage) -> str:
    return f"{passage.title} {passage.heading} {passage.body}"


def _short_loss(text: str) -> float:
    """Take something from a text of a few words: it can fit a question without answering it."""
    return SHORT_LOSS * max(0, FULL_WORDS - len(text.split())) / FULL_WORDS


@lru_cache(maxsize=512)
def _units(body: str) -> tuple[tuple[Unit, ...], Vectors]:
    units = units_of(body)
    return units, embed([unit.meaning for unit in units])


def _share(words: frozenset[str], text: str) -> float:
    return len(words & stems(text)) / len(words) if words else 0.0


def _choose(read: Sequence[_Read], *, wants_steps: bool) -> list[QuotedSentence]:
    if not read:
        return []
    top = _with_steps(read) if wants_steps else read[0]
    chosen = _from_passage(top, wants_steps=wants_steps)
    quoted = [_quote(top, index) for index in chosen]
    if any(top.units[index].kind != "sentence" for index in chosen):
        return quoted
    return _with_more(quoted, [top.vectors[index] for index in chosen], read)


def _with_steps(read: Sequence[_Read]) -> _Read:
    """Give the best passage, or the one of its article that tells the steps: an introduction is no way to do it."""
    top = read[0]
    if tells_steps(top.units):
        return top
    siblings = (entry for entry in read[1:] if entry.passage.article_id == top.passage.article_id)
    near = (entry for entry in siblings if tells_steps(entry.units) and entry.value >= top.value - STEPS_WITHIN)
    return next(near, top)


def _from_passage(entry: _Read, *, wants_steps: bool) -> list[int]:
    """Choose units of one passage, in its order."""
    everything = list(range(len(entry.units)))
    length = sum(len(unit.text) for unit in entry.units)
    has_table = any(unit.kind == "row" for unit in entry.units)
    if len(everything) <= WHOLE_UNITS and length <= WHOLE_CHARS and not has_table:
        return everything
    block = _best_block(entry, wants_steps=wants_steps)
    members = [index for index in everything if entry.units[index].block == block]
    kind = entry.units[members[0]].kind
    if kind == "step":
        return _lead_in(entry, members[0]) + members
    if kind in {"bullet", "row"}:
        return _lead_in(entry, members[0]) + _best_entries(entry, members)
    return _sentences_around(entry, members)


def _best_block(entry: _Read, *, wants_steps: bool) -> int:
    """Give the block that fits best; asked for a way to do something, steps count a little more."""
    values: dict[int, float] = {}
    for unit, fit in zip(entry.units, entry.fits, strict=True):
        bonus = STEPS_BONUS if wants_steps and unit.kind == "step" and is_told(unit.text) else 0.0
        # The sentence that announces a list speaks for the list.
        block = unit.block + 1 if unit.leads_in and _has_block(entry, unit.block + 1) else unit.block
        values[block] = max(values.get(block, 0.0), fit + bonus)
    return max(values, key=lambda block: values[block])


def _has_block(entry: _Read, block: int) -> bool:
    return any(unit.block == block for unit in entry.units)


def _lead_in(entry: _Read, first: int) -> list[int]:
    """Give the sentence before a list, which says what the list is for."""
    if first == 0:
        return []
    before = entry.units[first - 1]
    follows = before.block == entry.units[first].block - 1
    return [first - 1] if before.leads_in and follows else []


def _best_entries(entry: _Read, members: Sequence[int]) -> list[int]:
    """Give a short list whole, the best entries of a long one, and of a table the rows that were asked about."""
    if entry.units[members[0]].kind == "row":
        return _asked_rows(entry, members)
    if len(members) <= MAX_BULLETS:
        return list(members)
    return sorted(sorted(members, key=lambda index: -entry.fits[index])[:BEST_BULLETS])


def _asked_rows(entry: _Read, members: Sequence[int]) -> list[int]:
    """Give the head of a table with the rows whose first cells the question names, else with the first rows."""
    head, rows = members[0], list(members[1:])
    named = [entry.words & stems(entry.units[index].text.partition("|")[0]) for index in rows]
    in_all = frozenset.intersection(*named) if named else frozenset()
    asked = [index for index, words in zip(rows, named, strict=True) if words - in_all]
    return [head, *(asked or rows)[:MAX_BULLETS]]


def _sentences_around(entry: _Read, members: Sequence[int]) -> list[int]:
    """Give the sentence that fits best with its neighbours as long as they fit too, and the list it announces."""
    best = max(members, key=lambda index: entry.fits[index])
    chosen = [best]
    for step in (-1, 1):
        index = best + step
        while index in members and len(chosen) < MAX_SENTENCES and _fits_too(entry, best, index, chosen):
            chosen.append(index)
            index += step
    chosen.sort()
    last = chosen[-1]
    if entry.units[last].leads_in and last + 1 < len(entry.units):
        block = entry.units[last + 1].block
        chosen += [i for i, unit in enumerate(entry.units) if unit.block == block and i > last]
    return chosen


def _fits_too(entry: _Read, best: int, index: int, chosen: Sequence[int]) -> bool:
    length = sum(len(entry.units[i].text) for i in chosen) + len(entry.units[index].text)
    return entry.fits[index] >= entry.fits[best] - KEEP_WITHIN and length <= MAX_CHARS


def _with_more(quoted: list[QuotedSentence], vectors: list[Vectors], read: Sequence[_Read]) -> list[QuotedSentence]:
    """Add sentences that fit as well as the best one and say something else, of these or other passages."""
    spans = {(quote.passage.passage_id, quote.start) for quote in quoted}
    best = max(entry.best for entry in read[:1])
    others = [
        (fit, entry, index)
        for entry in read
        if entry.value >= read[0].value - ADD_FROM_WITHIN
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


def _quote(entry: _Read, index: int) -> QuotedSentence:
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
