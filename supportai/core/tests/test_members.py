"""The classifiers of a head: each scores every class, in its own way."""

import warnings

import numpy as np
import pytest

from supportai.core.members import NEIGHBOURS, Linear, Margins, Near

VECTORS = np.eye(4, 6, dtype=np.float32).repeat(5, axis=0)
CLASSES = np.arange(4).repeat(5)
TEXTS = [f"{name} {number}" for name in ("invoice", "password", "export", "refund") for number in range(5)]


@pytest.mark.parametrize("member", [Linear(), Margins(), Near()], ids=["linear", "margins", "near"])
def test_each_gives_its_best_score_to_the_right_class(member):
    member.fit(VECTORS, TEXTS, CLASSES)
    scores = member.score(VECTORS, TEXTS)
    assert scores.shape == (20, 4)
    assert list(scores.argmax(axis=1)) == list(CLASSES)


@pytest.mark.parametrize("member", [Linear(), Margins(), Near()], ids=["linear", "margins", "near"])
def test_two_classes_have_a_score_each(member):
    member.fit(VECTORS[:10], TEXTS[:10], CLASSES[:10])
    scores = member.score(VECTORS[[0, 9]], [TEXTS[0], TEXTS[9]])
    assert scores.shape == (2, 2)
    assert list(scores.argmax(axis=1)) == [0, 1]


@pytest.mark.parametrize("member", [Linear(), Margins(), Near()], ids=["linear", "margins", "near"])
def test_a_row_is_scored_alone_as_among_others(member):
    member.fit(VECTORS, TEXTS, CLASSES)
    alone = member.score(VECTORS[7:8], TEXTS[7:8])
    assert np.allclose(alone[0], member.score(VECTORS, TEXTS)[7], atol=1e-5)


def test_the_regression_gives_log_probabilities_and_no_warning_of_its_solver():
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(60, 30)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    member = Linear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        member.fit(vectors, [""] * 60, rng.integers(0, 5, 60))
    assert np.exp(member.score(vectors, [""] * 60)).sum(axis=1) == pytest.approx(1)


def test_the_regression_hears_small_classes_as_well_as_large_ones():
    vectors = np.concatenate([VECTORS[:5].repeat(20, axis=0), VECTORS[5:7]])
    member = Linear()
    member.fit(vectors, [""] * 102, np.array([0] * 100 + [1] * 2))
    between = ((VECTORS[0] + VECTORS[5]) / np.sqrt(2)).astype(np.float32)[None]
    chances = np.exp(member.score(between, [""]))[0]
    assert chances[1] == pytest.approx(0.5, abs=0.1)


def test_margins_tell_texts_apart_whose_vectors_are_equal():
    vectors = VECTORS[:1].repeat(10, axis=0)
    texts = [f"the {name} plan" for name in ("gold", "silver") for _ in range(5)]
    member = Margins()
    member.fit(vectors, texts, CLASSES[:10])
    scores = member.score(vectors[:2], ["is silver dear?", "is GOLD dear?"])
    assert list(scores.argmax(axis=1)) == [1, 0]


def test_margins_do_without_words_where_there_are_none():
    member = Margins()
    member.fit(VECTORS, ["!"] * 20, CLASSES)
    assert list(member.score(VECTORS, ["!"] * 20).argmax(axis=1)) == list(CLASSES)


def test_neighbours_count_the_nearest_and_the_mean_of_the_nearest_few():
    vectors = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8], [0, 1], [-1, 0]], dtype=np.float32)
    member = Near()
    member.fit(vectors, [""] * 5, np.array([0, 0, 0, 0, 1]))
    scores = member.score(vectors[:1], [""])
    top = (1 + 0.8 + 0.6) / NEIGHBOURS
    assert scores[0] == pytest.approx([0.5 * 1 + 0.5 * top, -1], abs=1e-6)


def test_neighbours_may_come_in_any_order():
    order = np.random.default_rng(2).permutation(20)
    mixed, sorted_ = Near(), Near()
    mixed.fit(VECTORS[order], [""] * 20, CLASSES[order])
    sorted_.fit(VECTORS, [""] * 20, CLASSES)
    assert np.allclose(mixed.score(VECTORS, [""] * 20), sorted_.score(VECTORS, [""] * 20))


def test_nearest_is_the_cosine_to_the_closest_example():
    member = Near()
    member.fit(VECTORS, [""] * 20, CLASSES)
    stranger = np.zeros((1, 6), dtype=np.float32)
    stranger[0, 5] = 1
    assert member.nearest(np.concatenate([VECTORS[:1], stranger])) == pytest.approx([1, 0])
