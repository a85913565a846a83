"""The gate tells what is outside by several scores together."""

import numpy as np
import pytest
from scipy.special import log_softmax

from supportai.core.gate import Gate, _lead

OUTSIDE = 1


def rows(rng, count, *, outside):
    """Give scores of three members over three classes: outside rows fit nothing well, class 1 a little better."""
    scores = rng.normal(0, 0.5, (3, count, 3))
    scores[:, :, OUTSIDE if outside else 2] += 1.0 if outside else 4.0
    return scores, log_softmax(scores.sum(axis=0), axis=1)


@pytest.fixture(scope="module")
def gate():
    rng = np.random.default_rng(4)
    inside, outside = rows(rng, 300, outside=False), rows(rng, 60, outside=True)
    scores, logits = np.concatenate([inside[0], outside[0]], axis=1), np.concatenate([inside[1], outside[1]])
    return Gate(OUTSIDE).fit(scores, logits, np.array([False] * 300 + [True] * 60)), rng


def test_rows_that_fit_nothing_are_outside(gate):
    trained, rng = gate
    assert np.mean(trained.chances(*rows(rng, 100, outside=True)) > 0.5) > 0.9
    assert np.mean(trained.chances(*rows(rng, 100, outside=False)) < 0.5) > 0.9


def test_its_chances_follow_how_many_there_were(gate):
    trained, rng = gate
    inside, outside = rows(rng, 1000, outside=False), rows(rng, 200, outside=True)
    mean = np.mean(np.concatenate([trained.chances(*inside), trained.chances(*outside)]))
    assert mean == pytest.approx(1 / 6, abs=0.03)


def test_the_outside_class_may_have_another_number_later(gate):
    trained, rng = gate
    scores, logits = rows(rng, 20, outside=True)
    before = trained.chances(scores, logits)
    order = [OUTSIDE, 0, 2]
    try:
        assert np.allclose(trained.moved(0).chances(scores[:, :, order], logits[:, order]), before)
    finally:
        trained.moved(OUTSIDE)


def test_certainty_does_not_break_its_logarithms(gate):
    trained, _ = gate
    scores = np.full((3, 2, 3), -50.0)
    scores[:, 0, OUTSIDE], scores[:, 1, 2] = 50.0, 50.0
    chances = trained.chances(scores, log_softmax(scores.sum(axis=0), axis=1))
    assert np.isfinite(chances).all()
    assert chances[0] > chances[1]


@pytest.mark.parametrize(
    ("scores", "lead"),
    [([[1.0, 4.0, 3.0]], [1.0]), ([[2.0, 2.0]], [0.0]), ([[5.0]], [0.0])],
    ids=["best before second", "a tie", "one class only"],
)
def test_lead(scores, lead):
    assert list(_lead(np.array(scores))) == lead
