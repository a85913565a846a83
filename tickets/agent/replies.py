"""What a short reply does to the question before it: yes, no, one of the choices, or something else.

A confirmation moves money, so it is read by grammar and not by similarity: a yes counts only when nothing in
the message could change what was asked (SCENARIOS 3.1).
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from supportai.core.models import JSONDict
from tickets.agent.slots import amounts, ordinal

Verdict = Literal["yes", "no", "changed", "unclear"]

TOKEN = re.compile(r"[^\W_]+(?:[_'’.,-][^\W_]+)*|[$€£¥]")
YES = frozenset(
    """yes yeah yep yup yess yea ya sure ok okay okey k correct confirm confirmed confirming affirmative agreed agree
    absolutely definitely exactly right certainly indeed fine proceed approved approve perfect si oui ja""".split()
)
YES_PHRASES = (
    "go ahead", "do it", "do that", "do so", "please do", "sounds good", "that works", "works for me", "of course",
    "by all means", "go for it", "make it so", "that is right", "that's right", "that's correct", "that is correct",
    "thumbs up", "good to go", "you may", "you can", "i do", "i would", "that would be",
)  # fmt: skip
# Of all agreement only this still counts beside a question: "ok, what is that for?" agrees to nothing.
PLAIN_YES = frozenset("yes yeah yep yup yea ya confirm confirmed".split())
CLAUSE = re.compile(r"[^.!?,;:\n]+[.!?,;:\n]*")
# Whoever asks something has not agreed: "what exactly is that for?".
ASKING = frozenset("what why how which who whom whose when where".split())
NO = frozenset(
    "no nope nah not don't dont don’t never cancel stop wait hold leave skip forget nein non neither nevermind".split()
)
# Refusals that are also what a question may be about: "Shall I cancel it?" - "Yes, cancel it".
DEEDS = frozenset("cancel stop leave skip hold".split())
NO_PHRASES = (
    "never mind",
    "leave it",
    "no thanks",
    "no thank you",
    "rather not",
    "changed my mind",
    "forget it",
    "hold on",
)
# Words that add or change something: with one of them a yes is no plain yes.
CHANGES = frozenset(
    """but except instead other another different only just also plus both two three four every too half part partial rather unless if
    after before first second third switch change changed actually however though although credit
    else otherwise besides except without""".split()
)
FILLER = frozenset(
    """please thanks thank you so much very a an the it that this these those one ones i i'd i'm i’d me my mine we us
    our to for of on in is are be do does would like love great good cool nice awesome lovely appreciate appreciated ahead go want
    need now asap right away hi hello hey there oh well um uh hmm wow god yes with can could will i'll i’ll that's that’s
    it's it’s there's back get give have has just too kindly really quickly soon possible as soon""".split()
) - {"just", "too"}


def tokens(text: str) -> list[str]:
    """Split a text into lower-case words, ids, numbers and currency signs."""
    return [t.lower().rstrip(".,") for t in TOKEN.findall(text)]


def read_confirmation(text: str, *, question: Sequence[str]) -> Verdict:
    """Read the answer to a confirm question; `question` is all that was shown (text, card, buttons).

    Yes needs a word of agreement and nothing beyond courtesy and the question's own words. Another amount, id or
    wish makes it `changed`; what is neither is `unclear`.
    """
    words = tokens(text)
    lowered = " ".join(words)
    known = {word for part in question for word in tokens(part)}
    agrees = bool(YES & set(words)) or any(phrase in lowered for phrase in YES_PHRASES)
    agrees = agrees or _repeats_the_deed(text, words, known, question)
    refuses = bool((NO - (DEEDS & known)) & set(words)) or any(phrase in lowered for phrase in NO_PHRASES)
    for phrase in NO_PHRASES:
        lowered = lowered.replace(phrase, " ")
    changes = _changes(text, lowered.split(), known, question)
    if refuses and not agrees:
        return "changed" if changes and len(words) > 3 else "no"  # noqa: PLR2004 - "no, the other one please"
    if agrees and not refuses and not changes and not _asks(text, known):
        return "yes" if _residue(words, known) <= _allowance(words) else "unclear"
    if changes:
        return "changed"
    return "unclear"


def _repeats_the_deed(text: str, words: list[str], known: set[str], question: Sequence[str]) -> bool:
    """Tell whether a reply without a yes just tells to do it: "please refund it" after "Yes, refund $49.00".

    A single word is no order: "cancel" may mean the question.
    """
    yes_labels = [found for part in question if (found := tokens(part))[:1] == ["yes"]]
    deeds = {label[1] for label in yes_labels if len(label) > 1}
    return bool(deeds & set(words)) and len(words) > 1 and "?" not in text and _residue(words, known) == 0


def _asks(text: str, known: set[str]) -> bool:
    """Tell whether a reply is a question and nothing beside it is a plain yes: "Yes please. When will it arrive?" is."""
    clauses = [(tokens(clause), "?" in clause) for clause in CLAUSE.findall(text)]
    questions = [words for words, has_mark in clauses if has_mark or (ASKING & set(words)) - known]
    if not questions:
        return False
    rest = [words for words, _ in clauses if words not in questions]
    opens_with_yes = any(len(words) > 1 and words[0] in PLAIN_YES for words in questions)
    return not opens_with_yes and not any(PLAIN_YES & set(words) for words in rest)


def _changes(text: str, words: list[str], known: set[str], question: Sequence[str]) -> bool:
    shown = {(a["amount_cents"], a["currency"]) for part in question for a in amounts(part)}
    if any((a["amount_cents"], a["currency"]) not in shown for a in amounts(text)):
        return True
    ids_or_numbers = [w for w in words if "_" in w or any(c.isdigit() for c in w)]
    numbers = {_number(word) for word in known} - {None}
    if any(word not in known and _number(word) not in numbers for word in ids_or_numbers):
        return True
    if any(word in CHANGES and word not in known for word in words):
        return True
    # "Yes, and upgrade me to Business": whatever follows must be courtesy or the question's own words.
    return any(_residue(words[words.index(joint) + 1 :], known) > 0 for joint in ("and", "then") if joint in words)


def _number(word: str) -> Decimal | None:
    """Read a number, so that "20" repeats what "20.00" said."""
    try:
        return Decimal(word).normalize() if word[:1].isdigit() else None
    except InvalidOperation:
        return None


def _residue(words: list[str], known: set[str]) -> int:
    return sum(word not in known and word not in YES and word not in FILLER for word in words)


def _allowance(words: list[str]) -> int:
    """Allow a few unknown words when the reply opens with the agreement: "Yes, that invoice is a nightmare"."""
    return 3 if words and words[0] in YES else 1


def read_choice(text: str, options: Sequence[JSONDict]) -> Any | None:
    """Find the option that a reply names: by value or label, by its words, or by position; None when it is unclear.

    An option is `{label, value}`; the option's `value` is returned.
    """
    plain = text.strip().lower()
    for option in options:
        if plain in {str(option["label"]).lower(), str(option.get("id", "")).lower()} and plain:
            return option["value"]
    words = set(tokens(text)) - FILLER
    own = _distinct_words(options)
    hits = [option for option, distinct in zip(options, own, strict=True) if words & distinct]
    if len(hits) == 1:
        return hits[0]["value"]
    place = ordinal(text)
    if place is not None and -len(options) <= place < len(options) and not hits:
        return options[place]["value"]
    return None


def _distinct_words(options: Sequence[Mapping[str, Any]]) -> list[set[str]]:
    """Give, for each option, the words of its label that no other option has."""
    each = [set(tokens(str(o["label"]))) | set(tokens(str(o.get("id", "")))) for o in options]
    return [words - set().union(*(other for j, other in enumerate(each) if j != i)) for i, words in enumerate(each)]
