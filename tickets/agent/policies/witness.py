"""What a model's word is worth: its choice is one witness, and the calibrated heads say how likely the choice was before.

Bayes' rule over the possible labels: `P(label | choice) ~ P(label) * P(choice | label)`.
"""

from collections.abc import Set as AbstractSet

Ranked = tuple[tuple[str, float], ...]

# How often a model is assumed to choose right among labels that it is offered. An assumption, not a measurement: it is
# set where a label that the heads hold for unlikely (0.05) does not reach the threshold for acting on the model's word
# alone (0.47 then), and one that they hold for possible (0.2) does (0.81). Whoever measures their own model may move it.
ACCURACY = 0.85
# A wrong choice does not fall on any label alike but on the few that resemble the right one.
RESEMBLING = 3


def weigh(prior: Ranked, choice: str, *, offered: AbstractSet[str]) -> Ranked:
    """Move probabilities by a witness who chose one of the offered labels; likeliest first.

    A label that was not offered could not be chosen, so the choice says as little about it as chance would.
    """
    weighed = [(label, p * _likelihood(label, choice, offered)) for label, p in prior]
    total = sum(p for _, p in weighed)
    if not total:
        return prior
    return tuple(sorted(((label, p / total) for label, p in weighed), key=lambda pair: -pair[1]))


def _likelihood(label: str, choice: str, offered: AbstractSet[str]) -> float:
    """Give the chance of this choice, were the label the right one."""
    if label == choice:
        return ACCURACY
    wrong = (1.0 - ACCURACY) / RESEMBLING
    # Chance among what resembles it: between a right and a wrong choice.
    return wrong if label in offered else 1.0 / (RESEMBLING + 1)
