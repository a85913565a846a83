"""What a question asks for: its words with how much each tells, the names in it, and the kind of answer it wants."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from knowledge.stopwords import STOP_WORDS, WORD, content_words, stem, stems
from knowledge.turns import WeightedText, weighted_texts

HOW = re.compile(
    r"\bhow (?:do|can|to|should|would|could|does|must)\b"
    r"|^\W*(?:(?:hi|hello|hey|please|so|and|ok(?:ay)?)\W+)*(?:how\b(?! (?:much|many|long|often|old|come|far|soon)\b)"
    r"|where (?:do|can|should) (?:i|we|you)\b|steps\b|help me\b|show me\b|guide\b|set(?:ting)? up\b|instructions?\b"
    r"|(?:i|we)(?:['’]d| would)? (?:want|need|like|try|am trying|are trying)\b.{0,40}\bto\b)"
    r"|\b(?:what is|what['’]s) the (?:way|process|procedure)\b|\bstep by step\b",
    re.IGNORECASE,
)
AMOUNT = re.compile(
    r"\bhow (?:much|many|long|often|old|big|large|high|fast|quickly|soon)\b"
    r"|\b(?:cost|costs|price|fee|fees|limit|rate|percentage|maximum|minimum|most)\b"
    r"|\b(?:what|which) (?:time|age|day|amount|interest)\b|\b(?:until|since) (?:when|which)\b",
    re.IGNORECASE,
)
YES_OR_NO = re.compile(
    r"^\W*(?:(?:hi|hello|hey|please|so|and|ok(?:ay)?)\W+)*"
    r"(?:can|could|do|does|did|is|are|was|were|will|would|may|must|should|has|have|am)\b",
    re.IGNORECASE,
)
FIGURE = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|once|twice|daily|weekly|monthly|"
    r"yearly|no limit)\b",
    re.IGNORECASE,
)
# Inside a name stand hyphens and apostrophes; after these marks a capital says nothing.
NAME_WORD = re.compile(r"[^\W_]+(?:[-'’&][^\W_]+)*")
NEW_SENTENCE = re.compile(r"[.!?:;\"“”(]")
# Vocabulary of the built-in model: whole words begin here, commoner ones first.
FIRST_WORD_ID = 1996
LAST_WORD_ID = 30522
SMOOTHING = 10


@dataclass(frozen=True, slots=True)
class Question:
    """A question in its conversation. `words` maps each stem to how rare it is (0 to 1), `names` are in lower case.

    `wants_steps` says that a way to do something is asked for, `wants_figure` a number, a price or a time, and
    `is_yes_or_no` that it can be answered with one of the two.
    """

    text: str
    texts: tuple[WeightedText, ...]
    words: Mapping[str, float]
    names: frozenset[str]
    wants_steps: bool
    wants_figure: bool
    is_yes_or_no: bool


def read_question(text: str, history: Sequence[str] = ()) -> Question:
    """Read a question with the customer's turns before it."""
    texts = tuple(weighted_texts(text, history))
    own = rare_words(texts[0].text)
    wants_steps = asks_how(text)
    return Question(
        text=text,
        texts=texts,
        words=own if len(own) > 1 else rare_words(texts[-1].text),
        names=names_in(text),
        wants_steps=wants_steps,
        wants_figure=not wants_steps and AMOUNT.search(text) is not None,
        is_yes_or_no=YES_OR_NO.search(text) is not None,
    )


def asks_how(question: str) -> bool:
    """Tell whether somebody asks for a way to do something, so that steps are wanted."""
    return HOW.search(question) is not None


def names_in(text: str) -> frozenset[str]:
    """Find what is written like a name: a capital inside a sentence, capitals only, or a word with digits."""
    names = set()
    begins = True
    place = 0
    for match in NAME_WORD.finditer(text):
        word = match.group()
        begins = begins or NEW_SENTENCE.search(text, place, match.start()) is not None
        is_code = any(letter.isdigit() for letter in word) or (len(word) > 1 and word.isupper())
        if (is_code or (word[0].isupper() and not begins)) and word.lower() not in STOP_WORDS:
            names.add(word.lower())
        begins = False
        place = match.end()
    return frozenset(names)


@lru_cache(maxsize=4096)
def rare_words(text: str) -> Mapping[str, float]:
    """Give the stems of a text's content words with how rare each is, from 0 to 1."""
    found: dict[str, float] = {}
    for word in content_words(text):
        found[stem(word)] = max(found.get(stem(word), 0.0), rarity(word))
    return found


@lru_cache(maxsize=16384)
def rarity(word: str) -> float:
    """Tell how rare an English word is: by its place in the model's vocabulary, which is ordered by frequency.

    What the vocabulary lacks (codes, names, misspellings) is as rare as it gets.
    """
    from knowledge.services.embedding import model

    ids = model().token_ids(word)
    if len(ids) != 1:
        return 1.0
    place = max(ids[0] - FIRST_WORD_ID, 0)
    return math.log(place + SMOOTHING) / math.log(LAST_WORD_ID - FIRST_WORD_ID + SMOOTHING)


def share_of(words: Mapping[str, float], text: str) -> float:
    """Give the share of a question's words, rare ones counting more, that stand in a text."""
    total = sum(words.values())
    return sum(weight for word, weight in words.items() if word in stems(text)) / total if total else 0.0


def names_another(question: Question, title: str, texts: Sequence[str]) -> bool:
    """Tell whether a title is about a thing with a longer name than the question's: Navy Blue where Blue was asked for.

    That is a capital word right before words that the question has too, in the same order; both together stand at least
    twice in `texts` (the titles and texts that were found), where they also stand without it.
    """
    asked = tuple(word.lower() for word in WORD.findall(question.text))
    words = WORD.findall(title)
    for place in range(1, len(words)):
        before = words[place - 1]
        run = _common_run(words[place:], asked)
        is_named = len(run) > 1 or (len(run) == 1 and run[0].lower() in question.names)
        if not is_named or not _is_modifier(before, asked) or not run[0][0].isupper():
            continue
        name = " ".join(run)
        longer = sum(text.count(f"{before} {name}") for text in texts)
        if longer > 1 and sum(text.count(name) for text in texts) > longer:
            return True
    return False


def _common_run(words: Sequence[str], asked: Sequence[str]) -> list[str]:
    """Give the longest beginning of a title's words that stands in the question as it is."""
    best = 0
    for start in range(len(asked)):
        length = 0
        while length < min(len(words), len(asked) - start) and words[length].lower() == asked[start + length]:
            length += 1
        best = max(best, length)
    return list(words[:best]) if any(word.lower() not in STOP_WORDS for word in words[:best]) else []


def _is_modifier(word: str, asked: Sequence[str]) -> bool:
    return word[0].isupper() and word.isalpha() and word.lower() not in STOP_WORDS and word.lower() not in asked
