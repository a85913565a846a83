"""Small trained heads: right, calibrated, and honest about what they have not seen."""

import numpy as np
import pytest

from supportai.core import heads
from supportai.core.heads import MOST, START, TextHead

NAMES = ("billing", "access", "how_to")
CENTRES = np.eye(3, 24)


def cloud(rng, centre, count, spread=0.15):
    vectors = centre + rng.normal(0, spread, (count, len(centre)))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def words(count, text="please help"):
    return [text] * count


@pytest.fixture(scope="module")
def trained():
    rng = np.random.default_rng(7)
    vectors = np.concatenate([cloud(rng, centre, 12) for centre in CENTRES])
    labels = [name for name in NAMES for _ in range(12)]
    return TextHead().fit(vectors, words(36), labels), rng


# ---- labels and probabilities ----


def test_it_finds_the_label_of_new_texts(trained):
    head, rng = trained
    for centre, label in zip(CENTRES, NAMES, strict=True):
        assert all(found.label == label for found in head.predict(cloud(rng, centre, 10), words(10)))


def test_probabilities_are_a_distribution_best_first(trained):
    head, rng = trained
    for prediction in head.predict(cloud(rng, CENTRES[0], 5), words(5)):
        chances = [chance for _, chance in prediction.ranked]
        assert sum(chances) == pytest.approx(1)
        assert chances == sorted(chances, reverse=True)
        assert prediction.probability == chances[0]


def test_what_lies_between_is_less_sure(trained):
    head, _ = trained
    between = ((CENTRES[0] + CENTRES[1]) / np.sqrt(2)).astype(np.float32)[None]
    clear = CENTRES[:1].astype(np.float32)
    assert head.predict(between, words(1))[0].probability < head.predict(clear, words(1))[0].probability


def test_something_new_is_far_from_every_example(trained):
    head, _ = trained
    stranger = np.zeros((1, 24), dtype=np.float32)
    stranger[0, 20] = 1
    assert head.predict(stranger, words(1))[0].nearest < 0.6


def test_words_decide_where_the_vectors_cannot():
    rng = np.random.default_rng(3)
    vectors = cloud(rng, CENTRES[0], 40)
    texts = [f"about plan {name}" for name in ("gold", "silver") for _ in range(20)]
    head = TextHead().fit(vectors, texts, ["gold"] * 20 + ["silver"] * 20)
    found = head.predict(cloud(rng, CENTRES[0], 2), ["the gold one", "the silver one"])
    assert [prediction.label for prediction in found] == ["gold", "silver"]


def test_the_same_examples_make_the_same_head(trained):
    _head, rng = trained
    vectors = np.concatenate([cloud(np.random.default_rng(7), centre, 12) for centre in CENTRES])
    labels = [name for name in NAMES for _ in range(12)]
    first, second = (TextHead().fit(vectors, words(36), labels) for _ in range(2))
    asked = cloud(rng, CENTRES[1], 3)
    assert first.weights == second.weights
    assert first.predict(asked, words(3)) == second.predict(asked, words(3))


# ---- few examples ----


def test_one_label_is_no_choice():
    with pytest.raises(ValueError, match="two labels"):
        TextHead().fit(np.eye(3, 4, dtype=np.float32), words(3), ["a", "a", "a"])


def test_one_example_of_each_label_is_enough_to_start():
    head = TextHead().fit(np.eye(2, 4, dtype=np.float32), words(2), ["a", "b"])
    assert head.weights == START
    assert head.predict(np.eye(2, 4, dtype=np.float32)[1:], words(1))[0].label == "b"


def test_a_label_with_a_single_example_does_not_stop_the_calibration():
    rng = np.random.default_rng(1)
    vectors = np.concatenate([cloud(rng, CENTRES[0], 12), cloud(rng, CENTRES[1], 12), cloud(rng, CENTRES[2], 1)])
    head = TextHead().fit(vectors, words(25), ["a"] * 12 + ["b"] * 12 + ["c"])
    assert head.weights != START
    assert {label for label, _ in head.predict(vectors[:1], words(1))[0].ranked} == {"a", "b", "c"}


def test_a_handful_of_easy_examples_proves_no_certainty():
    rng = np.random.default_rng(1)
    vectors = np.concatenate([cloud(rng, CENTRES[0], 3, 0.01), cloud(rng, CENTRES[1], 3, 0.01)])
    head = TextHead().fit(vectors, words(6), ["a"] * 3 + ["b"] * 3)
    assert all(weight <= MOST * start for weight, start in zip(head.weights, START, strict=True))
    between = ((CENTRES[0] + CENTRES[1]) / np.sqrt(2)).astype(np.float32)[None]
    assert head.predict(between, words(1))[0].probability < 0.7


@pytest.mark.parametrize("text", ["", "???", "…"])
def test_texts_without_a_word_are_classified_by_their_vectors(trained, text):
    head, rng = trained
    assert head.predict(cloud(rng, CENTRES[2], 1), [text])[0].label == "how_to"
    bare = TextHead().fit(CENTRES.astype(np.float32), [text] * 3, list(NAMES))
    assert bare.predict(CENTRES[:1].astype(np.float32), [text])[0].label == "billing"


# ---- calibration ----


def noisy(rng, count):
    """Give vectors of two classes that overlap, with their labels."""
    numbers = rng.integers(0, 2, count)
    return cloud(rng, CENTRES[0], count, 0.3) + 0.0, numbers


def test_pure_noise_is_claimed_with_little_certainty():
    rng = np.random.default_rng(11)
    vectors, numbers = noisy(rng, 200)
    head = TextHead().fit(vectors, words(200), [f"label {number}" for number in numbers])
    asked, _ = noisy(rng, 100)
    assert np.mean([found.probability for found in head.predict(asked, words(100))]) < 0.65


def test_the_weights_are_the_best_of_all_nearby():
    rng = np.random.default_rng(5)
    scores = rng.normal(size=(3, 60, 4))
    classes = rng.integers(0, 4, 60)
    scores[1, np.arange(60), classes] += 2
    best = heads._best_weights(scores, classes)

    def loss(weights):
        away = np.array(weights) / START - 1
        likely = -heads._mix(scores, weights)[np.arange(60), classes].mean()
        return likely + heads.START_ROWS / 60 * away @ away

    for place in range(3):
        for change in (0.9, 1.1):
            other = [weight * (change if number == place else 1) for number, weight in enumerate(best)]
            assert loss(best) <= loss(other) + 1e-6


# ---- what is outside ----


@pytest.fixture(scope="module")
def gated():
    rng = np.random.default_rng(9)
    strangers = np.concatenate([cloud(rng, np.eye(24)[10 + place % 12], 1) for place in range(80)])
    vectors = np.concatenate([*(cloud(rng, centre, 60) for centre in CENTRES), strangers])
    labels = [name for name in NAMES for _ in range(60)] + ["other"] * 80
    return TextHead("other").fit(vectors, words(260), labels), rng


def test_what_fits_no_label_is_outside_and_the_rest_is_not(gated):
    head, rng = gated
    strangers = np.concatenate([cloud(rng, np.eye(24)[10 + place % 12], 1) for place in range(24)])
    outside = [found.label == "other" for found in head.predict(strangers, words(24))]
    inside = [found.label == "access" for found in head.predict(cloud(rng, CENTRES[1], 24), words(24))]
    assert np.mean(outside) > 0.9
    assert np.mean(inside) > 0.9


def test_the_gate_keeps_a_distribution(gated):
    head, rng = gated
    for prediction in head.predict(cloud(rng, CENTRES[0], 6), words(6)):
        assert sum(chance for _, chance in prediction.ranked) == pytest.approx(1)
        assert {label for label, _ in prediction.ranked} == {*NAMES, "other"}


def test_few_examples_of_what_is_outside_train_no_gate(gated):
    rng = np.random.default_rng(2)
    vectors = np.concatenate([cloud(rng, CENTRES[0], 30), cloud(rng, CENTRES[1], heads.MIN_OUTSIDE - 1)])
    head = TextHead("other").fit(vectors, words(len(vectors)), ["a"] * 30 + ["other"] * (heads.MIN_OUTSIDE - 1))
    assert head._gate is None
    assert gated[0]._gate is not None


def test_a_gate_and_two_labels_are_enough(gated):
    rng = np.random.default_rng(2)
    vectors = np.concatenate([cloud(rng, CENTRES[0], 30), cloud(rng, CENTRES[1], 60)])
    head = TextHead("other").fit(vectors, words(90), ["a"] * 30 + ["other"] * 60)
    assert head.predict(cloud(rng, CENTRES[0], 1), words(1))[0].label == "a"
    assert head.predict(cloud(rng, CENTRES[1], 1), words(1))[0].label == "other"
