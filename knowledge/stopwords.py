"""Words that say nothing about the subject of a question, and the content words that are left."""

import re
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).parent / "data"


def word_list(name: str) -> frozenset[str]:
    """Read the words of `data/{name}.txt`."""
    return frozenset((DATA / f"{name}.txt").read_text(encoding="utf-8").split())


WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?", re.UNICODE)
STOP_WORDS = word_list("stopwords")


def content_words(text: str) -> list[str]:
    """List the words of a text without stop words, lower-case, in order, with repetitions."""
    words = (word.lower().replace("’", "'") for word in WORD.findall(text))
    return [word.removesuffix("'s") for word in words if word not in STOP_WORDS]


SUFFIXES = tuple("ations ation ings ing ments ment ies ied ers er ed es s e y".split())
MIN_STEM = 3


def stem(word: str) -> str:
    """Cut an English word down to what its forms share; crude on purpose, for counting common words only."""
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= MIN_STEM:
            return _single(word[: -len(suffix)])
    return word


def _single(word: str) -> str:
    """Undo a doubled last letter, as in cancelled and cancel."""
    return word[:-1] if len(word) > MIN_STEM and word[-1] == word[-2] and word[-1] not in "aeiou" else word


@lru_cache(maxsize=4096)
def stems(text: str) -> frozenset[str]:
    """Give the stems of a text's content words."""
    return frozenset(stem(word) for word in content_words(text))
