"""The classifiers that a head stacks: each scores every class of a text in its own way, without being a probability."""

import re
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Scores = NDArray[np.float64]

# Unit vectors are scaled, or scikit-learn's solver stops too early (measured, see docs/tickets.md).
SCALE = 20.0
NEIGHBOURS = 3
# Enough for a few hundred phrases; with thousands the last hundreds of steps change no figure, so it stops there.
MOST_STEPS = 200
# One word and its neighbour; single letters and digits count too ("2x", "i").
WORD = r"(?u)\b\w+\b"
WORDS = {"sublinear_tf": True, "ngram_range": (1, 2), "strip_accents": "unicode", "token_pattern": WORD}
# How much the vectors count beside the words; 1 to 3 differ little (measured on three sets).
BESIDE_WORDS = 3.0
# Looser than scikit-learn's: the ranking of classes is the same (measured) and it takes half the time.
MARGIN_TOLERANCE = 0.1


class Member(Protocol):
    """One classifier over vectors and texts of the same rows; `classes` numbers from 0."""

    def fit(self, vectors: "Vectors", texts: Sequence[str], classes: "NDArray[np.intp]") -> None:
        """Train."""

    def score(self, vectors: "Vectors", texts: Sequence[str]) -> "Scores":
        """Give `(n, number of classes)` scores; more is likelier."""


class Linear:
    """Logistic regression on the vectors; scores are log-probabilities."""

    def fit(self, vectors: "Vectors", _texts: Sequence[str], classes: "NDArray[np.intp]") -> None:
        """Train; small classes count as much as large ones."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        self._model = LogisticRegression(C=0.4, max_iter=MOST_STEPS, tol=1e-6, class_weight="balanced")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self._model.fit(vectors * SCALE, classes)

    def score(self, vectors: "Vectors", _texts: Sequence[str]) -> "Scores":
        """Give log-probabilities."""
        scores: Scores = self._model.predict_log_proba(vectors * SCALE)
        return scores


class Margins:
    """A linear support vector machine on the vectors beside the words themselves (TF-IDF); scores are margins.

    It hears what an embedding blurs, such as a name or a number, and errs elsewhere than the regression.
    """

    def fit(self, vectors: "Vectors", texts: Sequence[str], classes: "NDArray[np.intp]") -> None:
        """Train."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.svm import LinearSVC

        self._words = TfidfVectorizer(**WORDS)
        self._has_words = any(re.search(WORD, text) for text in texts)
        if self._has_words:
            self._words.fit(texts)
        self._model = LinearSVC(C=1.0, tol=MARGIN_TOLERANCE, random_state=0)
        self._model.fit(self._table(vectors, texts), classes)

    def score(self, vectors: "Vectors", texts: Sequence[str]) -> "Scores":
        """Give margins; two classes have one margin, and it counts for both."""
        import numpy as np

        margins = self._model.decision_function(self._table(vectors, texts))
        scores: Scores = margins if margins.ndim > 1 else np.stack([-margins, margins], axis=1)
        return scores

    def _table(self, vectors: "Vectors", texts: Sequence[str]) -> Any:
        from scipy.sparse import csr_matrix, hstack

        table = csr_matrix(vectors * BESIDE_WORDS)
        return hstack([table, self._words.transform(texts)]).tocsr() if self._has_words else table


class Near:
    """Class-wise nearest neighbours: half the cosine to a class's nearest example, half the mean of its nearest three."""

    def fit(self, vectors: "Vectors", _texts: Sequence[str], classes: "NDArray[np.intp]") -> None:
        """Keep the examples, those of a class together."""
        import numpy as np

        order = np.argsort(classes, kind="stable")
        self._vectors, counts = vectors[order], np.bincount(classes)
        ends = np.cumsum(counts)
        self._spans = [slice(int(end - count), int(end)) for end, count in zip(ends, counts, strict=True)]

    def score(self, vectors: "Vectors", _texts: Sequence[str]) -> "Scores":
        """Give mean cosines."""
        import numpy as np

        similarity = vectors @ self._vectors.T
        scores = np.empty((len(vectors), len(self._spans)))
        for place, span in enumerate(self._spans):
            own = similarity[:, span]
            top = np.partition(own, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS:] if own.shape[1] > NEIGHBOURS else own
            scores[:, place] = 0.5 * top.max(axis=1) + 0.5 * top.mean(axis=1)
        return scores

    def nearest(self, vectors: "Vectors") -> "Scores":
        """Give the cosine of each row to the example nearest to it."""
        closest: Scores = (vectors @ self._vectors.T).max(axis=1)
        return closest
