"""The brain of the scripted server: a modest model that goes by common words, and knows no scenario.

It chooses among the tools that it is offered by the words of their descriptions, and answers by quoting the passages
that share most with the question. It reads the quoted data of the request, as any model would.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from knowledge.quotes import units_of
from knowledge.stopwords import stem, stems
from supportai.tests.model_wire import ModelReply, ModelRequest

DATA = re.compile(r"<data>\s*(\{.*\})\s*</data>", re.DOTALL)
PHRASE = re.compile(r'"([^"]+)"')
WORD = re.compile(r"[a-z0-9][a-z0-9_']*")
QUESTION = re.compile(
    r"^(?:(?:hi|hello|hey|quick question|and|so|also|but|please|ok|can you tell me|tell me|i would like to know)[\s,:.!-]+)*"
    r"(?:how|what|where|when|which|who|why|is|are|do|does|can|could|will|would|may|should)\b",
    re.IGNORECASE,
)
FOLLOW_UP = re.compile(r"^(?:and|what about|how about|same)\b.*\?\s*$", re.IGNORECASE)
YES = frozenset("yes yeah yep sure ok okay please correct right exactly agree confirm".split())
NO = frozenset("no nope not never don't stop wait leave later nevermind".split())
THANKS = frozenset("thanks thank thx cheers perfect great solved sorted fixed works worked brilliant".split())
NEGATIVE = frozenset("not didn't doesn't isn't wasn't no nope still wrong".split())
HELP = frozenset("help helped work worked working solve solved answer fix fixed broken same".split())
PERSON = frozenset("human person agent representative somebody someone operator manager staff".split())
SPEAK = frozenset("talk speak chat connect transfer call real live reach".split())
HELLO = frozenset("hello hi hey morning afternoon evening there greetings".split())
SHORT = 6
# Under this cosine of common words a wish is not recognised.
LIKELY = 0.16
# A question goes to the articles unless a wish fits this well.
CLEAR = 0.5
QUOTED = 3
# A passage needs this share of the question's words; the search's own order counts, since it knows more than words.
ENOUGH = 0.3
PLACE = 0.08


def brain(request: ModelRequest) -> ModelReply:
    """Answer one request."""
    data = _data_of(request)
    names = {tool["name"] for tool in request.tools}
    if "passages" in data:
        return _answer(data, names)
    if len(request.tools) == 1:
        return ModelReply(tool_calls=[_only(request)])
    return _choose(data, request.tools)


def _only(request: ModelRequest) -> tuple[str, dict[str, Any]]:
    """Call the only tool there is, as a check of the connection asks; it wants the word that the instructions end with."""
    told = next((text for role, text in request.messages if role == "system"), "")
    word = (WORD.findall(told.lower()) or ["ready"])[-1]
    tool = request.tools[0]
    return tool["name"], dict.fromkeys(tool["parameters"].get("required", []), word)


def _data_of(request: ModelRequest) -> dict[str, Any]:
    found = DATA.findall("\n".join(text for role, text in request.messages if role == "user"))
    data: dict[str, Any] = json.loads(found[-1]) if found else {"message": request.last_text}
    return data


def _choose(data: dict[str, Any], tools: Sequence[dict[str, Any]]) -> ModelReply:
    """Choose a tool: an answer to the open question, a plain act, the wish whose phrases are nearest, else the articles."""
    message = str(data.get("message", ""))
    names = {tool["name"] for tool in tools}
    words = set(WORD.findall(message.lower()))
    ranked = _rank_wishes(message, tools)
    best, value = ranked[0] if ranked else ("", 0.0)
    for call in (_answer_to(data, words, names, value), _act(words, names)):
        if call is not None:
            return ModelReply(tool_calls=[call])
    goes_on = bool(data.get("conversation")) and len(words) <= SHORT and bool(FOLLOW_UP.search(message))
    is_question = goes_on or bool(QUESTION.search(message))
    if best and value >= (CLEAR if is_question else LIKELY):
        return ModelReply(tool_calls=[(best, {})])
    if is_question and "answer_from_articles" in names:
        return ModelReply(tool_calls=[("answer_from_articles", {})])
    name = best if best and value >= LIKELY / 2 else "nothing_of_these"
    return ModelReply(tool_calls=[(name, {})])


def _answer_to(
    data: dict[str, Any], words: set[str], names: set[str], value: float
) -> tuple[str, dict[str, Any]] | None:
    """Answer the open question when the words look like it."""
    asked = data.get("open_question") or {}
    message = str(data.get("message", ""))
    if "choose_option" in names:
        labels = [set(_stems(str(option["label"]))) for option in asked.get("options", [])]
        shared = [len(label & set(_stems(message))) for label in labels]
        if shared and max(shared) and shared.count(max(shared)) == 1:
            return "choose_option", {"number": shared.index(max(shared)) + 1}
    if "give_value" in names and value < CLEAR:
        return "give_value", {"value": message[:500]}
    if len(words) <= SHORT and "answer_yes" in names:
        if words & NO:
            return "answer_no", {}
        if words & YES:
            return "answer_yes", {}
    return None


def _act(words: set[str], names: set[str]) -> tuple[str, dict[str, Any]] | None:
    """Recognise thanks, a complaint about the answer, a request for a person and a greeting by their words."""
    if words & PERSON and words & SPEAK and "wants_a_person" in names:
        return "wants_a_person", {}
    if words & NEGATIVE and words & HELP and len(words) <= 2 * SHORT and not words & THANKS:
        return "did_not_help", {}
    if words & THANKS and not words & NEGATIVE and len(words) <= 2 * SHORT:
        return "thanks", {}
    if words & HELLO and len(words) <= SHORT // 2 + 1:
        return "small_talk", {}
    return None


def _rank_wishes(message: str, tools: Sequence[dict[str, Any]]) -> list[tuple[str, float]]:
    """Order the tools that list phrases by the phrase nearest to the message, and a little by all of them."""
    phrases = {tool["name"]: PHRASE.findall(tool["description"]) for tool in tools}
    wishes = {name: [_stems(text) for text in texts] for name, texts in phrases.items() if texts}
    weights = _weights([words for texts in wishes.values() for words in texts])
    said = _stems(message)
    ranked = []
    for name, texts in wishes.items():
        alike = sorted((_cosine(said, words, weights) for words in texts), reverse=True)
        together = _cosine(said, [word for words in texts for word in words], weights)
        ranked.append((name, 0.6 * alike[0] + 0.4 * together))
    return sorted(ranked, key=lambda pair: -pair[1])


def _answer(data: dict[str, Any], names: set[str]) -> ModelReply:
    """Quote the sentences nearest to the question from the passage that fits best, each with its number."""
    passages = data["passages"]
    said = stems(f"{_before(data)} {data['message']}")
    texts = [stems(f"{p['title']} {p['section']} {p['text']}") for p in passages]
    weights = _weights(texts)
    values = [
        _share(said, text, weights) + 0.5 * _share(said, stems(p["title"]), weights) - PLACE * place
        for place, (p, text) in enumerate(zip(passages, texts, strict=True))
    ]
    if not values or max(values) < ENOUGH:
        return ModelReply(tool_calls=[("nothing_found", {})] if "nothing_found" in names else [])
    best = values.index(max(values))
    return ModelReply(text=_quote(passages[best]["text"], best + 1, said, weights))


def _quote(passage: str, number: int, said: frozenset[str], weights: dict[str, float]) -> str:
    units = units_of(passage)
    values = [_cosine(list(said), list(stems(unit.meaning)), weights) for unit in units]
    top = max(range(len(units)), key=lambda index: values[index])
    listed = [unit for unit in units if unit.kind in {"step", "bullet"} and unit.block == units[top].block]
    if units[top].leads_in or not listed:
        listed = [unit for unit in units if unit.kind in {"step", "bullet"} and unit.block == units[top].block + 1]
    if listed and (units[top].leads_in or units[top] in listed or len(units) <= 2 * len(listed)):
        lead = [f"{units[top].text} [{number}]"] if units[top] not in listed else []
        marks = [f"{place}." if unit.kind == "step" else "-" for place, unit in enumerate(listed, start=1)]
        return "\n".join([*lead, *(f"{m} {u.text} [{number}]" for m, u in zip(marks, listed, strict=True))])
    chosen = sorted(sorted(range(len(units)), key=lambda index: -values[index])[:QUOTED])
    return " ".join(f"{units[index].text} [{number}]" for index in chosen)


def _before(data: dict[str, Any]) -> str:
    """Give the customer's last words before a short message, which says little by itself."""
    if len(str(data["message"]).split()) > SHORT:
        return ""
    said = [entry["said"] for entry in data.get("conversation", []) if entry["from"] == "customer"]
    return str(said[-1]) if said else ""


def _stems(text: str) -> list[str]:
    """Give the stems of all words: the common ones weigh little, and "get into" is nothing but common ones."""
    return [stem(word) for word in WORD.findall(text.lower())]


def _share(said: frozenset[str], text: frozenset[str], weights: dict[str, float]) -> float:
    """Give the weighted share of the question's words that a text has; a word that no passage has weighs most."""
    whole = sum(weights.get(word, 1.0) for word in said)
    return sum(weights.get(word, 1.0) for word in said & text) / whole if whole else 0.0


def _weights(texts: Iterable[Iterable[str]]) -> dict[str, float]:
    """Weigh each word by how few of the texts have it."""
    documents = [set(words) for words in texts]
    counts = Counter(word for words in documents for word in words)
    return {word: math.log(1 + len(documents) / count) for word, count in counts.items()}


def _cosine(first: Sequence[str], second: Sequence[str], weights: dict[str, float]) -> float:
    a, b = set(first), set(second)
    shared = sum(weights.get(word, 0.0) ** 2 for word in a & b)
    size = math.sqrt(sum(weights.get(w, 1.0) ** 2 for w in a) * sum(weights.get(w, 1.0) ** 2 for w in b))
    return shared / size if size else 0.0
