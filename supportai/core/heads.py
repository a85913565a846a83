"""Small trained heads over texts and their embeddings, with calibrated probabilities; trained on the spot."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supportai.core.gate import Gate
from supportai.core.members import SCALE, Linear, Margins, Member, Near

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Scores = NDArray[np.float64]
    Classes = NDArray[np.intp]

FOLDS = 4
# What each member's scores count for (linear, margins, near) where there is nothing to hold back, the most that held-back
# rows may make of it, and how many held-back rows this opinion is worth: a handful of easy rows proves no certainty.
START = (0.4, 1.2, 0.8 * SCALE)
MOST = 5.0
START_ROWS = 4.0
# With fewer examples of what is outside, the gate would learn these few texts by heart.
MIN_OUTSIDE = 50


@dataclass(frozen=True, slots=True)
class Prediction:
    """Labels with their probabilities, likeliest first, and the cosine to the nearest example (-1 to 1)."""

    ranked: tuple[tuple[str, float], ...]
    nearest: float

    @property
    def label(self) -> str:
        """Give the likeliest label."""
        return self.ranked[0][0]

    @property
    def probability(self) -> float:
        """Give its probability."""
        return self.ranked[0][1]


class TextHead:
    """A classifier that stacks three: logistic regression, support vectors that see words too, nearest neighbours.

    What each counts for is chosen by the likelihood of held-back folds, so the probabilities are calibrated on
    examples that the members had not seen.

    :param outside: the label of texts that belong to none of the others. When there are enough of them, a small
        classifier of its own (`Gate`) tells in from out, since what lies outside is no class with a middle.
    """

    def __init__(self, outside: str = "") -> None:
        self.outside = outside
        self.labels: list[str] = []
        self.weights: tuple[float, ...] = START
        self._gate: Gate | None = None

    def fit(self, vectors: "Vectors", texts: Sequence[str], labels: Sequence[str]) -> "TextHead":
        """Train on `(n, d)` L2-normalised vectors of texts with a label each; at least two labels.

        Raises:
            ValueError: fewer than two labels.
        """
        import numpy as np

        self.labels = sorted(set(labels))
        if len(self.labels) < 2:  # noqa: PLR2004 - one label is no choice
            raise ValueError("a head needs examples of at least two labels")
        number = {label: place for place, label in enumerate(self.labels)}
        classes = np.array([number[label] for label in labels])
        self._calibrate(vectors, texts, classes)
        self._near = Near()
        self._members: list[Member] = [Linear(), Margins(), self._near]
        for member in self._members:
            member.fit(vectors, texts, classes)
        return self

    def predict(self, vectors: "Vectors", texts: Sequence[str]) -> list[Prediction]:
        """Classify texts with their `(n, d)` vectors."""
        import numpy as np

        scores = np.stack([member.score(vectors, texts) for member in self._members])
        chances = self._chances(scores)
        result = []
        for row, nearest in zip(chances, self._near.nearest(vectors), strict=True):
            order = np.argsort(-row)
            result.append(Prediction(tuple((self.labels[i], float(row[i])) for i in order), float(nearest)))
        return result

    def _chances(self, scores: "Scores") -> "Scores":
        import numpy as np

        logits = _mix(scores, self.weights)
        if self._gate is None:
            return np.exp(logits)
        out = self._gate.chances(scores, logits)
        chances = np.exp(logits)
        chances[:, self._gate.outside] = 0.0
        chances *= ((1 - out) / np.maximum(chances.sum(axis=1), 1e-12))[:, None]
        chances[:, self._gate.outside] = out
        return chances

    def _calibrate(self, vectors: "Vectors", texts: Sequence[str], classes: "Classes") -> None:
        """Choose the weights, and train the gate, on rows that the members had not seen."""
        import numpy as np

        # A single example of a label cannot be held back; the others calibrate for it.
        counts = np.bincount(classes)
        rows = np.flatnonzero(counts[classes] > 1)
        kept = np.unique(classes[rows])
        if len(kept) < 2:  # noqa: PLR2004 - one label is no choice
            return
        held_classes = np.searchsorted(kept, classes[rows])
        scores = _held_back(vectors[rows], _picked(texts, rows), held_classes)
        self.weights = _best_weights(scores, held_classes)
        if self.outside not in self.labels or counts[self.labels.index(self.outside)] < MIN_OUTSIDE:
            return
        outside = self.labels.index(self.outside)
        is_outside = classes[rows] == outside
        held_outside = int(np.searchsorted(kept, outside))
        gate = Gate(held_outside).fit(scores, _mix(scores, self.weights), is_outside)
        self._gate = gate.moved(outside)


def _held_back(vectors: "Vectors", texts: Sequence[str], classes: "Classes") -> "Scores":
    """Score every row by members that were trained without it: `(members, n, number of classes)`."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold

    scores = np.zeros((len(START), len(classes), int(classes.max()) + 1))
    folds = StratifiedKFold(min(FOLDS, int(np.bincount(classes).max())), shuffle=True, random_state=0)
    with warnings.catch_warnings():
        # That a label has fewer examples than there are folds is meant.
        warnings.simplefilter("ignore", UserWarning)
        split = list(folds.split(vectors, classes))
    for train, held in split:
        members: list[Member] = [Linear(), Margins(), Near()]
        for member, into in zip(members, scores, strict=True):
            member.fit(vectors[train], _picked(texts, train), classes[train])
            into[held] = member.score(vectors[held], _picked(texts, held))
    return scores


def _picked(texts: Sequence[str], rows: "Classes") -> list[str]:
    return [texts[int(row)] for row in rows]


def _best_weights(scores: "Scores", classes: "Classes") -> tuple[float, ...]:
    """Minimise the negative log-likelihood of the classes, which is convex in the weights."""
    import numpy as np
    from scipy.optimize import minimize

    unit = np.array(START)
    rows = np.arange(len(classes))
    scaled = scores * unit[:, None, None]
    own = scaled[:, rows, classes].mean(axis=1)
    pull = START_ROWS / len(classes)

    def loss(weights: "Scores") -> tuple[float, "Scores"]:
        logits = _mix(scaled, weights)
        chances = np.exp(logits)
        slope = np.array([(chances * member).sum(axis=1).mean() for member in scaled]) - own
        away = weights - 1.0
        return float(-logits[rows, classes].mean() + pull * away @ away), slope + 2 * pull * away

    found = minimize(loss, np.ones(len(unit)), jac=True, method="L-BFGS-B", bounds=[(0.0, MOST)] * len(unit))
    return tuple(float(value) for value in found.x * unit)


def _mix(scores: "Scores", weights: "Sequence[float] | Scores") -> "Scores":
    """Give the log-probabilities that weighted scores amount to."""
    import numpy as np
    from scipy.special import log_softmax

    logits: Scores = log_softmax(np.tensordot(np.asarray(weights), scores, axes=1), axis=1)
    return logits
