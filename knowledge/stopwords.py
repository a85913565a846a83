"""Words that say nothing about the subject of a question, and the content words that are left."""

import re

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?", re.UNICODE)
STOP_WORDS = frozenset(
    ["a", "about", "after", "again", "all", "also", "am", "an", "and", "any", "anyone", "anything", "are", "aren", "as", "at", "be", "because", "been", "before", "being", "but", "by", "can", "can't", "cannot", "could", "couldn", "did", "didn", "do", "does", "doesn", "doing", "don", "don't", "done", "else", "ever", "for", "from", "get", "gets", "getting", "give", "go", "got", "had", "has", "have", "haven", "having", "he", "hello", "help", "her", "here", "hers", "hey", "hi", "him", "his", "how", "how's", "however", "i", "i'd", "i'll", "i'm", "i've", "if", "in", "into", "is", "isn", "it", "it's", "its", "just", "know", "let", "like", "looking", "make", "may", "maybe", "me", "might", "more", "most", "much", "must", "my", "need", "needs", "no", "not", "now", "of", "off", "ok", "okay", "on", "one", "only", "or", "our", "out", "over", "please", "put", "say", "see", "shall", "she", "should", "so", "some", "someone", "something", "still", "such", "sure", "take", "tell", "thank", "thanks", "than", "that", "that's", "the", "their", "them", "then", "there", "there's", "these", "they", "thing", "things", "this", "those", "to", "too", "try", "trying", "up", "us", "use", "using", "very", "via", "want", "wanted", "wants", "was", "way", "we", "well", "were", "what", "what's", "when", "where", "where's", "which", "while", "who", "whom", "whose", "why", "will", "with", "won", "would", "yes", "yet", "you", "your"]
)


def content_words(text: str) -> list[str]:
    """List the words of a text without stop words, lower-case, in order, with repetitions."""
    words = (word.lower().replace("’", "'") for word in WORD.findall(text))
    return [word.removesuffix("'s") for word in words if word not in STOP_WORDS]
