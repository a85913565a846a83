"""The heads say what a turn is, and say less the less it looks like anything known."""

import pytest

from supportai.core.heads import Prediction
from tickets.agent import understanding
from tickets.agent.understanding import FAR, HUMAN, NEAR, act_phrases, asks_for_a_person, classify_act, classify_intent
from tickets.tests.agent.builders import intent, settings

DESK = settings(
    intents=(
        intent("double_charge", "I was charged twice", "you billed me two times", "duplicate charge on my card"),
        intent("password", "I forgot my password", "please reset my password", "I cannot sign in any more"),
        intent("other", "the weather is nice", "sing me a song", "my dog likes football"),
    )
)


# ---- a person ----


@pytest.mark.parametrize(
    "text",
    [
        "Can I talk to a human please",
        "connect me with an agent",
        "please put me through to somebody",
        "I want to speak with your manager NOW",
        "escalate this to a supervisor",
        "are you a real person?",
        "human",
        "Agent, please!",
        "  representative ",
    ],
)
def test_a_plain_request_for_a_person_is_never_missed(text):
    assert asks_for_a_person(text, settings=DESK, is_answer=False)
    assert asks_for_a_person(text, settings=DESK, is_answer=True)


@pytest.mark.parametrize(
    "text",
    [
        "I was charged twice",
        "how do I add a person to my team?",
        "the agent view is empty",
        "my passport needs a personal photo",
        "who is the operator of this site and where are you based",
        "yes",
    ],
)
def test_a_person_that_is_only_mentioned_is_no_request(text):
    assert not HUMAN.search(text)
    assert not asks_for_a_person(text, settings=DESK, is_answer=False)


def test_other_words_for_it_count_when_the_head_is_sure_but_not_as_an_answer():
    text = "I'd rather deal with somebody of flesh and blood, no robots"
    desk = settings(intents=())
    assert classify_act(text).label == "human_request"
    assert not asks_for_a_person(text, settings=desk, is_answer=True)


def test_both_heads_must_hear_it(monkeypatch):
    sure = Prediction(ranked=(("human_request", 0.95),), nearest=0.9)
    monkeypatch.setattr(understanding, "classify_act", lambda text: sure)
    monkeypatch.setattr(understanding, "classify_intent", lambda text, **_: (("double_charge", 0.9),))
    assert not asks_for_a_person("xyz", settings=DESK, is_answer=False)
    monkeypatch.setattr(understanding, "classify_intent", lambda text, **_: (("human_request", 0.9),))
    assert asks_for_a_person("xyz", settings=DESK, is_answer=False)


@pytest.mark.parametrize(("probability", "nearest"), [(0.5, 0.9), (0.95, 0.6)], ids=["unsure", "far from examples"])
def test_an_unsure_or_far_guess_is_no_request(monkeypatch, probability, nearest):
    guess = Prediction(ranked=(("human_request", probability),), nearest=nearest)
    monkeypatch.setattr(understanding, "classify_act", lambda text: guess)
    assert not asks_for_a_person("xyz", settings=settings(), is_answer=False)


# ---- acts ----


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("thanks, that worked perfectly", "thanks"),
        ("that did not help at all", "not_helpful"),
        ("hello there", "greeting"),
        ("please let me speak to a human", "human_request"),
    ],
)
def test_conversational_acts_are_heard(text, act):
    assert classify_act(text).label == act


def test_each_act_has_examples():
    phrases = act_phrases()
    assert {"thanks", "not_helpful", "human_request", "greeting"} <= set(phrases)
    assert all(len(examples) >= 5 for examples in phrases.values())


# ---- intents ----


def best(text: str, history=()) -> tuple[str, float]:
    return classify_intent(text, history=history, settings=DESK)[0]


@pytest.mark.parametrize(
    ("text", "slug"),
    [("my card was charged two times", "double_charge"), ("I don't know my password any more", "password")],
)
def test_other_words_for_an_intent_are_understood(text, slug):
    assert best(text)[0] == slug


def test_probabilities_are_ranked_and_add_up():
    ranked = classify_intent("I was billed twice", history=(), settings=DESK)
    shares = [share for _, share in ranked]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1.0)


def test_a_text_unlike_all_examples_is_something_else():
    slug, share = best("Die Katze schläft auf dem Sofa im Wohnzimmer")
    assert slug == "other"
    assert share > 0.5


@pytest.mark.parametrize(
    ("nearest", "kept"), [(FAR - 0.1, 0.0), (FAR, 0.0), ((FAR + NEAR) / 2, 0.5), (NEAR, 1.0), (0.99, 1.0)]
)
def test_the_farther_the_nearest_example_the_less_is_claimed(nearest, kept):
    damped = dict(
        understanding._spread(Prediction(ranked=(("refund", 0.9), ("other", 0.1)), nearest=nearest), ("other",))
    )
    assert damped["refund"] == pytest.approx(0.9 * kept)
    assert sum(damped.values()) == pytest.approx(1.0)


def test_a_short_turn_is_read_with_what_was_said_before():
    alone = dict(classify_intent("and in May?", history=(), settings=DESK))
    with_history = dict(classify_intent("and in May?", history=("I was charged twice",), settings=DESK))
    assert with_history["double_charge"] > alone.get("double_charge", 0.0)


def test_a_longer_turn_stands_for_itself():
    text = "I forgot my password again today"
    alone = classify_intent(text, history=(), settings=DESK)
    assert classify_intent(text, history=("I was charged twice",), settings=DESK) == alone


@pytest.mark.parametrize(
    "intents", [(), (intent("refund", "refund me"),), (intent("refund", "refund me"), intent("empty"))]
)
def test_fewer_than_two_intents_with_phrases_rank_nothing(intents):
    assert classify_intent("refund me", history=(), settings=settings(intents=intents)) == ()


# ---- what is kept ----


def test_a_head_is_trained_once_for_the_same_examples(monkeypatch):
    classify_intent("hello", history=(), settings=DESK)
    embedded = _note_embedded(monkeypatch)
    classify_intent("hello again", history=(), settings=DESK)
    assert embedded == [["hello again"]]


def test_another_process_reads_the_vectors_from_disk(monkeypatch, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    classify_intent("hello", history=(), settings=_fresh(monkeypatch))
    stored = list((tmp_path / "heads").iterdir())
    assert [path.suffix for path in stored] == [".npy"]
    embedded = _note_embedded(monkeypatch)
    classify_intent("hello", history=(), settings=_fresh(monkeypatch))
    assert embedded == [["hello"]]


def _note_embedded(monkeypatch) -> list[list[str]]:
    """Keep the texts that are embedded from now on."""
    embedded: list[list[str]] = []
    embed = understanding._embed

    def noting(texts):
        embedded.append(list(texts))
        return embed(texts)

    monkeypatch.setattr(understanding, "_embed", noting)
    return embedded


def _fresh(monkeypatch):
    """Forget every head, as a new process has none."""
    monkeypatch.setattr(understanding, "_heads", {})
    monkeypatch.setattr(understanding, "_vectors", {})
    return DESK


def test_few_heads_are_kept_while_settings_change(monkeypatch):
    monkeypatch.setattr(understanding, "_heads", {})
    monkeypatch.setattr(understanding, "_stored_vectors", lambda key, texts: understanding._embed(texts))
    for number in range(11):
        desk = settings(intents=(intent("a", f"phrase {number}"), intent("b", "other words")))
        classify_intent("phrase", history=(), settings=desk)
    assert len(understanding._heads) < 11


def test_warming_up_loads_both_heads(monkeypatch):
    monkeypatch.setattr(understanding, "_heads", {})
    understanding.warm_up(DESK)
    assert len(understanding._heads) == 2


def test_the_phrases_nearest_to_a_turn_come_first_for_each_intent():
    near = understanding.nearest_phrases("you took the money two times", DESK, each=2)
    assert set(near) == {intent.slug for intent in DESK.intents if intent.phrases}
    assert all(1 <= len(phrases) <= 2 for phrases in near.values())
    assert understanding.nearest_phrases("hello", settings(), each=2) == {}


def test_before_a_witness_what_is_unknown_belongs_to_nobody_in_particular():
    strange = "der Hund schläft auf dem Sofa im Wohnzimmer"
    alone = dict(classify_intent(strange, history=(), settings=DESK))
    open_minded = dict(understanding.intents_before_a_witness(strange, history=(), settings=DESK))
    assert open_minded["other"] < alone["other"]
    assert sum(open_minded.values()) == pytest.approx(1.0)
    assert understanding.intents_before_a_witness("hello", history=(), settings=settings()) == ()
