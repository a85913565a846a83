"""The words of a question that both stores search for."""

import re

from knowledge.stopwords import content_words

WORD = re.compile(r"\w+", re.UNICODE)
# Elasticsearch allows about a thousand clauses, and a pasted log has more words than a question.
MOST_WORDS = 256


def query_words(query: str) -> list[str]:
    """Give the content words of a query once each, in order; all its words when it has no others."""
    words = content_words(query) or [word.lower() for word in WORD.findall(query)]
    return list(dict.fromkeys(words))[:MOST_WORDS]
