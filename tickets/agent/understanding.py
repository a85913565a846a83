"""The heads that say what a turn is: its act in the conversation, and the intent behind it."""

import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from threading import Lock
from typing import TYPE_CHECKING

from django.conf import settings as django_settings

from supportai.core.heads import Prediction, TextHead
from tickets.selectors_agent import AgentSettings, IntentRule

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Example phrases with the label of each.
Pairs = tuple[tuple[str, str], ...]
# A request for a person must never be missed for want of an example, so its plainest forms are grammar.
HUMAN = re.compile(
    r"\b(?:talk|speak|chat|connect\w*|transfer\w*|escalate\w*|put|pass|hand)\b(?:\W+\w+){0,5}?\W+"
    r"(?:human|person|agent|someone|somebody|representative|rep|operator|manager|supervisor|staff)\b"
    r"|\b(?:real|live|actual)\s+(?:human|person|agent)\b|^\W*(?:human|person|agent|operator|representative)\b\W*(?:please\b\W*)?$",
    re.IGNORECASE,
)
# Under this cosine to the nearest example a text is unlike anything known, whatever the head says of it
# (bge-small: unrelated short English texts lie around 0.55, paraphrases above 0.75).
FAR = 0.58
NEAR = 0.72
SHORT_WORDS = 4
# How likely a request for a person must be before it is taken as one.
SURE = 0.6

_lock = Lock()
_heads: dict[str, TextHead] = {}
_vectors: dict[str, "NDArray[np.float32]"] = {}


def classify_act(text: str) -> Prediction:
    """Say what a text does: thanks, not_helpful, human_request, greeting, answer or request."""
    return _act_head().predict(_embed([text]), [text])[0]


def asks_for_a_person(text: str, *, settings: AgentSettings, is_answer: bool) -> bool:
    """Tell whether a text asks for a person: in plain words, or when both heads say so.

    As the answer to a question only plain words count.
    """
    if HUMAN.search(text):
        return True
    if is_answer:
        return False
    act = classify_act(text)
    if act.label != "human_request" or act.probability < SURE or act.nearest < NEAR:
        return False
    ranked = classify_intent(text, history=(), settings=settings)
    return not ranked or ranked[0][0] == "human_request"


def classify_intent(text: str, *, history: Sequence[str], settings: AgentSettings) -> tuple[tuple[str, float], ...]:
    """Rank intents with calibrated probabilities; empty without at least two intents with phrases.

    A short turn ("and for last month?") is read with the customer's previous message. A text far from every
    example loses probability to `other`, since a head must put its mass somewhere.
    """
    best = _predict_intent(text, history, settings)
    return _spread(best, ("other",)) if best else ()


def intents_before_a_witness(
    text: str, *, history: Sequence[str], settings: AgentSettings
) -> tuple[tuple[str, float], ...]:
    """Rank intents as `classify_intent` does, but as somebody who is about to hear another opinion.

    What is far from every example is not known to be `other`; it is not known at all, so all intents share it.
    """
    best = _predict_intent(text, history, settings)
    return _spread(best, sorted({label for label, _ in best.ranked} | {"other"})) if best else ()


def _predict_intent(text: str, history: Sequence[str], settings: AgentSettings) -> Prediction | None:
    head = _intent_head(settings)
    if head is None:
        return None
    texts = [text]
    if history and len(text.split()) < SHORT_WORDS:
        texts.append(f"{history[-1]}\n{text}")
    return max(head.predict(_embed(texts), texts), key=lambda found: found.nearest)


def _spread(prediction: Prediction, labels: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Give what lies beyond the known examples to these labels in equal parts."""
    share = min(max((prediction.nearest - FAR) / (NEAR - FAR), 0.0), 1.0)
    ranked = {label: p * share for label, p in prediction.ranked}
    for label in labels:
        ranked[label] = ranked.get(label, 0.0) + (1.0 - share) / len(labels)
    return tuple(sorted(ranked.items(), key=lambda pair: -pair[1]))


def nearest_phrases(text: str, settings: AgentSettings, *, each: int) -> dict[str, tuple[str, ...]]:
    """Give, for each intent, the example phrases that are most like a text, likest first."""
    pairs = _phrases(settings)
    if not pairs:
        return {}
    vectors = _stored_vectors(_key(pairs), [phrase for phrase, _ in pairs])
    alike = vectors @ _embed([text])[0]
    found: dict[str, list[str]] = {}
    for index in sorted(range(len(pairs)), key=lambda number: -float(alike[number])):
        phrase, slug = pairs[index]
        kept = found.setdefault(slug, [])
        if len(kept) < each:
            kept.append(phrase)
    return {slug: tuple(phrases) for slug, phrases in found.items()}


@cache
def act_phrases() -> dict[str, list[str]]:
    """Read the example phrases of conversational acts."""
    text = (files("tickets.agent.data") / "acts.json").read_text(encoding="utf-8")
    phrases: dict[str, list[str]] = json.loads(text)
    return phrases


def _act_head() -> TextHead:
    pairs = tuple((phrase, act) for act, phrases in act_phrases().items() for phrase in phrases)
    return _head(pairs)


def _intent_head(settings: AgentSettings) -> TextHead | None:
    pairs = _phrases(settings)
    return _head(pairs) if len({slug for _, slug in pairs}) > 1 else None


def _phrases(settings: AgentSettings) -> Pairs:
    return _phrases_of(settings.intents)


@lru_cache(maxsize=8)
def _phrases_of(intents: tuple[IntentRule, ...]) -> Pairs:
    return tuple((phrase, intent.slug) for intent in intents for phrase in intent.phrases)


@lru_cache(maxsize=16)
def _key(pairs: Pairs) -> str:
    return hashlib.sha256(json.dumps(list(pairs)).encode()).hexdigest()[:24]


def _head(pairs: Pairs) -> TextHead:
    """Give the head trained on these examples; trained once per process, from vectors kept on disk."""
    key = _key(pairs)
    with _lock:
        if key not in _heads:
            if len(_heads) > 8:  # noqa: PLR2004 - a few versions live side by side while settings change
                _heads.clear()
            texts = [text for text, _ in pairs]
            _heads[key] = TextHead("other").fit(_stored_vectors(key, texts), texts, [label for _, label in pairs])
        return _heads[key]


def _stored_vectors(key: str, texts: list[str]) -> "NDArray[np.float32]":
    """Give the vectors of these examples; kept in memory, since each turn reads them, and on disk for the next start."""
    known = _vectors.get(key)
    if known is not None:
        return known
    if len(_vectors) > 8:  # noqa: PLR2004 - as many as there are heads
        _vectors.clear()
    vectors = _vectors[key] = _read_or_embed(key, texts)
    return vectors


def _read_or_embed(key: str, texts: list[str]) -> "NDArray[np.float32]":
    import numpy as np

    path = django_settings.DATA_DIR / "heads" / f"{key}.npy"
    if path.exists():
        stored: NDArray[np.float32] = np.load(path)
        return stored
    vectors = _embed(texts)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{id(vectors)}.tmp.npy")
    np.save(temporary, vectors)
    temporary.replace(path)
    return vectors


def _embed(texts: Sequence[str]) -> "NDArray[np.float32]":
    from knowledge.services.embedding import embed

    return embed(texts)


def warm_up(settings: AgentSettings) -> None:
    """Load the model and train the heads now, so that the first customer does not wait for it."""
    classify_act("hello")
    classify_intent("hello", history=(), settings=settings)
