"""Small trained heads: right, calibrated, and honest about what they have not seen."""

import numpy as np
import pytest

from supportai.core.heads import TextHead


def cloud(rng, centre, count, spread=0.15):
    vectors = centre + rng.normal(0, spread, (count, len(centre)))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def trained():
    rng = np.random.default_rng(7)
    centres = np.eye(3, 24)
    vectors = np.concatenate([cloud(rng, centre, 12) for centre in centres])
    labels = [name for name in ("billing", "access", "how_to") for _ in range(12)]
    return TextHead().fit(vectors, labels), rng, centres


def test_it_finds_the_label_of_new_texts(trained):
    head, rng, centres = trained
    for centre, label in zip(centres, ("billing", "access", "how_to"), strict=True):
        assert all(found.label == label for found in head.predict(cloud(rng, centre, 10)))


def test_probabilities_are_a_distribution_best_first(trained):
    head, rng, centres = trained
    found = head.predict(cloud(rng, centres[0], 5))
    for prediction in found:
        chances = [chance for _, chance in prediction.ranked]
        assert sum(chances) == pytest.approx(1)
        assert chances == sorted(chances, reverse=True)
        assert prediction.probability == chances[0]


def test_what_lies_between_is_less_sure(trained):
    head, _, centres = trained
    between = ((centres[0] + centres[1]) / np.sqrt(2)).astype(np.float32)[None]
    clear = centres[:1].astype(np.float32)
    assert head.predict(between)[0].probability < head.predict(clear)[0].probability


def test_something_new_is_far_from_every_example(trained):
    head, _, _ = trained
    stranger = np.zeros((1, 24), dtype=np.float32)
    stranger[0, 20] = 1
    assert head.predict(stranger)[0].nearest < 0.6


def test_one_label_is_no_choice():
    with pytest.raises(ValueError, match="two labels"):
        TextHead().fit(np.eye(3, 4, dtype=np.float32), ["a", "a", "a"])


def test_one_example_of_a_label_is_enough_to_start():
    head = TextHead().fit(np.eye(3, 4, dtype=np.float32), ["a", "a", "b"])
    assert head.predict(np.eye(3, 4, dtype=np.float32)[2:])[0].label == "b"
