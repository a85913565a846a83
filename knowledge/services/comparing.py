"""Compare passages of all articles with each other: what says the same twice, and what disagrees."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.disagreements import Disagreement, disagreement
from knowledge.services.embedding import Vectors, embed
from knowledge.stopwords import WORD

BATCH = 64
# Rows compared at once: 512 with 20,000 others are 40 MB.
BLOCK = 512
# Cosines of bge-small between passages: below, two passages of one help center are about different things.
SAME_SUBJECT = 0.78
NEIGHBOURS = 12
# Shared runs of three words, of all that either has: a passage that was copied and changed a little stays above.
SAME_WORDS = 0.6
# Or nearly all of a shorter one stands in a longer one.
CONTAINED = 0.85
LEAST_WORDS = 12
# What stands in more articles than this is a phrase of the house, such as whom to write to.
HOUSE_PHRASE = 4
RUN = 3
# A word is a name when it stands in capitals this often inside sentences of all articles; one that a third of all articles
# use is the company's or the product's own, and tells nothing apart.
NAME_SHARE = 0.8
EVERYWHERE = 1 / 3
MID_SENTENCE = re.compile(r"(?<=[a-z,;)]\s)[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Text:
    """A passage as it is compared; `rank` is higher for what readers should believe when two disagree."""

    article_id: int
    title: str
    heading: str
    body: str
    language: str
    audience: str
    rank: tuple[object, ...]

    @property
    def context(self) -> str:
        """Give what the passage is about."""
        return f"{self.title} › {self.heading}" if self.heading else self.title


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two passages of different articles that say the same; `score` from 0 to 1."""

    left: Text
    right: Text
    score: float


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two passages of different articles that disagree; the left one is what readers should rather believe."""

    left: Text
    right: Text
    score: float
    about: Disagreement


def compare(
    texts: Sequence[Text], on_batch: Callable[[int], object] = lambda count: None
) -> tuple[list[Likeness], list[Conflict]]:
    """Find near-equal and contradicting passages; `on_batch` is called with the number of passages read since."""
    kept = [text for text in _without_house_phrases(texts) if len(text.body.split()) >= 3]  # noqa: PLR2004 - a heading's rest
    vectors = _embedded(kept, on_batch)
    names = names_in(texts)
    on_batch(len(texts) - len(kept))
    alike: list[Likeness] = []
    conflicts: list[Conflict] = []
    for first, second, cosine in _neighbours(kept, vectors, on_batch):
        left, right = sorted((kept[first], kept[second]), key=lambda text: text.rank, reverse=True)
        about = (
            None
            if _name_other_things(left, right, names)
            else disagreement(left.body, right.body, left_context=left.context, right_context=right.context)
        )
        if about:
            conflicts.append(Conflict(left, right, cosine, about))
        elif left.audience == right.audience and (share := shared_share(left.body, right.body)):
            alike.append(Likeness(left, right, share))
    return alike, conflicts


def names_in(texts: Sequence[Text]) -> frozenset[str]:
    """Find words, in lower case, that are written as names wherever they stand: products, plans, places, persons."""
    capital, all_written = Counter[str](), Counter[str]()
    articles: dict[str, set[int]] = defaultdict(set)
    for text in texts:
        for word in MID_SENTENCE.findall(text.body):
            all_written[word.lower()] += 1
            if word[0].isupper():
                capital[word.lower()] += 1
                articles[word.lower()].add(text.article_id)
    most = max(HOUSE_PHRASE, EVERYWHERE * len({text.article_id for text in texts}))
    return frozenset(
        word
        for word, count in capital.items()
        if count >= NAME_SHARE * all_written[word] and len(articles[word]) <= most
    )


def _name_other_things(left: Text, right: Text, names: frozenset[str]) -> bool:
    """Tell whether the title or heading of one names something that the other passage does not speak of."""
    first, second = _words(left.context), _words(right.context)
    return bool((first & names) - (second | _words(right.body)) or (second & names) - (first | _words(left.body)))


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in WORD.findall(text))


def shared_share(left: str, right: str) -> float:
    """Give the share of word runs that two texts have in common, when it is so high that one of them is superfluous.

    0 otherwise, and of texts too short to tell.
    """
    first, second = _runs(left), _runs(right)
    smaller = min(len(first), len(second))
    if smaller < LEAST_WORDS - RUN + 1:
        return 0.0
    common = len(first & second)
    share = common / len(first | second)
    if share >= SAME_WORDS:
        return share
    return common / smaller if common / smaller >= CONTAINED else 0.0


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = [word.lower() for word in WORD.findall(text)]
    return frozenset(tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1))


def _without_house_phrases(texts: Sequence[Text]) -> Iterator[Text]:
    articles: dict[str, set[int]] = defaultdict(set)
    for text in texts:
        articles[_plain(text.body)].add(text.article_id)
    return (text for text in texts if len(articles[_plain(text.body)]) <= HOUSE_PHRASE)


def _plain(body: str) -> str:
    return re.sub(r"\W+", " ", body).casefold().strip()


def _embedded(texts: Sequence[Text], on_batch: Callable[[int], object]) -> Vectors:
    parts = []
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        parts.append(embed([f"{text.context}\n{text.body}" for text in batch]))
        on_batch(len(batch))
    return np.concatenate(parts) if parts else np.zeros((0, 1), dtype=np.float32)


def _neighbours(
    texts: Sequence[Text], vectors: Vectors, on_batch: Callable[[int], object]
) -> Iterator[tuple[int, int, float]]:
    """Give pairs of passages of different articles in one language that are about the same, each pair once."""
    articles = np.array([text.article_id for text in texts])
    languages = np.array([text.language for text in texts])
    seen: set[tuple[int, int]] = set()
    for start in range(0, len(texts), BLOCK):
        # Nothing new is read, but whoever waits sees that it goes on.
        on_batch(0)
        cosines = vectors[start : start + BLOCK] @ vectors.T
        same = articles[start : start + BLOCK, None] == articles[None]
        foreign = languages[start : start + BLOCK, None] != languages[None]
        cosines[same | foreign] = -1.0
        for row, scores in enumerate(cosines):
            close = np.flatnonzero(scores >= SAME_SUBJECT)
            for other in close[np.argsort(-scores[close])][:NEIGHBOURS]:
                pair = (min(start + row, int(other)), max(start + row, int(other)))
                if pair not in seen:
                    seen.add(pair)
                    yield *pair, float(scores[other])


def by_articles(alike: Sequence[Likeness]) -> list[tuple[Likeness, int]]:
    """Keep the best pair of passages of each two articles, with how many pairs they share."""
    best: dict[frozenset[int], Likeness] = {}
    counts: Counter[frozenset[int]] = Counter()
    for pair in sorted(alike, key=lambda p: (-p.score, -len(p.left.body))):
        key = frozenset((pair.left.article_id, pair.right.article_id))
        best.setdefault(key, pair)
        counts[key] += 1
    return [(pair, counts[key]) for key, pair in best.items()]
