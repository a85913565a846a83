"""Small trained heads over text embeddings, with calibrated probabilities; trained on the spot, in seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

# Unit vectors are scaled, or scikit-learn's solver stops too early (measured, see docs/tickets.md).
SCALE = 20.0
FOLDS = 4
NEIGHBOURS = 3
# Candidates of the search for the weight of neighbours against the linear model, and the temperature.
WEIGHTS = (0.0, 0.25, 0.5)
TEMPERATURES = (0.3, 0.4, 0.5, 0.7, 0.85, 1.0, 1.3)


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
    """A classifier over L2-normalised vectors: logistic regression mixed with class-wise nearest neighbours.

    The mixing weight and the temperature are chosen by the likelihood of held-back folds, so the probabilities
    are calibrated on examples that the model had not seen.
    """

    def __init__(self) -> None:
        self.labels: list[str] = []
        self._model: Any = None
        self._vectors: Any = None
        self._of: Any = None
        self.weight = 0.5
        self.temperature = 1.0

    def fit(self, vectors: "Vectors", labels: Sequence[str]) -> "TextHead":
        """Train on `(n, d)` vectors with a label each; at least two labels.

        Raises:
            ValueError: fewer than two labels.
        """
        import numpy as np

        self.labels = sorted(set(labels))
        if len(self.labels) < 2:  # noqa: PLR2004 - one label is no choice
            raise ValueError("a head needs examples of at least two labels")
        numbers = np.array([self.labels.index(label) for label in labels])
        self._calibrate(vectors, numbers)
        self._model, self._vectors, self._of = _fit_linear(vectors, numbers), vectors, numbers
        return self

    def predict(self, vectors: "Vectors") -> list[Prediction]:
        """Classify `(n, d)` vectors."""
        import numpy as np

        linear = self._model.predict_log_proba(vectors * SCALE)
        near, similarity = _neighbours(vectors, self._vectors, self._of, len(self.labels))
        chances = _mix(linear, near, self.weight, self.temperature)
        result = []
        for row, nearest in zip(chances, similarity, strict=True):
            order = np.argsort(-row)
            result.append(Prediction(tuple((self.labels[i], float(row[i])) for i in order), float(nearest)))
        return result

    def _calibrate(self, vectors: "Vectors", numbers: Any) -> None:
        import numpy as np
        from sklearn.model_selection import StratifiedKFold

        folds = min(FOLDS, int(np.bincount(numbers).min()))
        if folds < 2:  # noqa: PLR2004 - one example of a label cannot be held back
            return
        linear = np.zeros((len(numbers), len(self.labels)))
        near = np.zeros_like(linear)
        for train, held in StratifiedKFold(folds, shuffle=True, random_state=0).split(vectors, numbers):
            linear[held] = _fit_linear(vectors[train], numbers[train]).predict_log_proba(vectors[held] * SCALE)
            near[held], _ = _neighbours(vectors[held], vectors[train], numbers[train], len(self.labels))
        rows = np.arange(len(numbers))
        losses = {
            (weight, temperature): -np.log(_mix(linear, near, weight, temperature)[rows, numbers] + 1e-9).mean()
            for weight in WEIGHTS
            for temperature in TEMPERATURES
        }
        self.weight, self.temperature = min(losses, key=lambda pair: losses[pair])


def _fit_linear(vectors: "Vectors", numbers: Any) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.4, max_iter=2000, tol=1e-6, class_weight="balanced").fit(vectors * SCALE, numbers)


def _neighbours(vectors: "Vectors", examples: "Vectors", of: Any, count: int) -> tuple[Any, Any]:
    """Score each class by the mean cosine of its nearest examples, as log-probabilities; and the nearest of all."""
    import numpy as np

    similarity = vectors @ examples.T
    scores = np.full((len(vectors), count), -1.0)
    for label in range(count):
        own = similarity[:, of == label]
        if own.shape[1]:
            top = np.sort(own, axis=1)[:, -NEIGHBOURS:]
            scores[:, label] = 0.5 * top[:, -1] + 0.5 * top.mean(axis=1)
    logits = scores * SCALE
    return logits - _log_sum(logits), similarity.max(axis=1)


def _mix(linear: Any, near: Any, weight: float, temperature: float) -> Any:
    import numpy as np

    logits = ((1 - weight) * linear + weight * near) / temperature
    return np.exp(logits - _log_sum(logits))


def _log_sum(logits: Any) -> Any:
    import numpy as np

    top = logits.max(axis=1, keepdims=True)
    return top + np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
