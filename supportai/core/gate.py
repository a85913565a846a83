"""Tell texts that belong to none of the known labels from those that do."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Scores = NDArray[np.float64]


class Gate:
    """A small classifier over scores of different kinds: how sure the stack is, and how well each member fits in or out.

    :param outside: number of the class that holds what is outside.
    """

    def __init__(self, outside: int) -> None:
        self.outside = outside

    def fit(self, scores: "Scores", logits: "Scores", is_outside: "NDArray[np.bool_]") -> "Gate":
        """Train on held-back rows: the members' scores `(members, n, classes)`, the stack's log-probabilities, the truth."""
        from sklearn.linear_model import LogisticRegression

        table = self._features(scores, logits)
        self._mean, self._scale = table.mean(axis=0), table.std(axis=0) + 1e-9
        table = (table - self._mean) / self._scale
        # Both kinds count alike while it learns to tell them apart; then how many there are of each sets the chances.
        self._model = LogisticRegression(C=0.1, max_iter=1000, class_weight="balanced").fit(table, is_outside)
        self._level = LogisticRegression(max_iter=1000).fit(self._model.decision_function(table)[:, None], is_outside)
        return self

    def moved(self, outside: int) -> "Gate":
        """Give the outside class another number, for scores that have other columns."""
        self.outside = outside
        return self

    def chances(self, scores: "Scores", logits: "Scores") -> "Scores":
        """Give each row's probability of being outside."""
        table = (self._features(scores, logits) - self._mean) / self._scale
        chances: Scores = self._level.predict_proba(self._model.decision_function(table)[:, None])[:, 1]
        return chances

    def _features(self, scores: "Scores", logits: "Scores") -> "Scores":
        import numpy as np
        from scipy.special import log_softmax, logit

        inside = [place for place in range(logits.shape[1]) if place != self.outside]
        within = log_softmax(logits[:, inside], axis=1)
        out = logit(np.clip(np.exp(logits[:, self.outside]), 1e-9, 1 - 1e-9))
        columns = [out, within.max(axis=1), -(np.exp(within) * within).sum(axis=1)]
        for member in scores:
            top = np.partition(member[:, inside], -1, axis=1)[:, -1]
            columns += [top, _lead(member[:, inside]), member[:, self.outside]]
        return np.stack(columns, axis=1)


def _lead(scores: "Scores") -> "Scores":
    """Give how far the best class is before the second; 0 where there is one only."""
    import numpy as np

    if scores.shape[1] < 2:  # noqa: PLR2004 - a second one
        return np.zeros(len(scores))
    best = np.partition(scores, -2, axis=1)[:, -2:]
    lead: Scores = best[:, 1] - best[:, 0]
    return lead
