"""The words of a question that both stores search for."""

import math
import re
from collections import Counter

from knowledge.stopwords import content_words

WORD = re.compile(r"\w+", re.UNICODE)
# Elasticsearch allows about a thousand clauses, and a pasted log has more words than a question.
MOST_WORDS = 256
MOST_TIMES = 3


def query_words(query: str) -> list[str]:
    """Give the content words of a query, in order; all its words when it has no others.

    What is said again and again counts more, but far less than as often as it is said: a word comes 1 + ln(n) times, 3
    times at most. In a long request this tells what it is about (docs/results.md); in a question it changes nothing.
    """
    words = content_words(query) or [word.lower() for word in WORD.findall(query)]
    counts = list(Counter(words).items())[:MOST_WORDS]
    return [word for word, count in counts for _time in range(min(round(1 + math.log(count)), MOST_TIMES))]
