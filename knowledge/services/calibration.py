"""Move the chance of an answer by what really came of answers here: one slope and one intercept over its log odds.

Refitted on outcomes by `refit()`, every night and by `manage.py recalibrate`. The newest third of the outcomes judges: a
refit that is no better there than what is in use is not used, and what is in use goes when it got worse than as shipped.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from knowledge.models import AnswerCalibration
from knowledge.services import answerability
from knowledge.services.answers import ExtractedAnswer, compose
from knowledge.services.search import FoundPassage

LEAST_OUTCOMES = 60
LEAST_OF_A_KIND = 12
HELD_BACK = 1 / 3
# Mean log loss by which another map has to be better: less is noise.
BETTER_BY = 0.005
# How strongly the fit holds on to "as shipped", in outcomes.
PRIOR = 20.0
STEPS = 50
LEAST_SLOPE, MOST_SLOPE = 0.2, 3.0
MOST_INTERCEPT = 3.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """A map of log odds; `version` 0 is the identity, as shipped."""

    slope: float = 1.0
    intercept: float = 0.0
    version: int = 0

    def apply(self, log_odds: float) -> float:
        """Give the calibrated chance of an answer's raw log odds."""
        return _chance(self.slope * log_odds + self.intercept)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an answer: its raw log odds, what the agent added to them for the kind of turn, and the truth.

    `offset` is in log odds too. Outcomes are told oldest first.
    """

    log_odds: float
    offset: float
    is_right: bool


AS_SHIPPED = Calibration()


def answer_question(*, question: str, passages: Sequence[FoundPassage], history: Sequence[str] = ()) -> ExtractedAnswer:
    """Quote what answers a question, with its chance as this deployment's outcomes move it.

    The one chance that the AI agent, the help center and the search for gaps go by.
    """
    answer = compose(question=question, passages=passages, history=history)
    if not answer.sentences:
        return answer
    active = current()
    chance = active.apply(answerability.log_odds(answer.features))
    return replace(answer, probability=chance, calibration=active.version)


def current() -> Calibration:
    """Give the map in use."""
    row = AnswerCalibration.objects.filter(
        state=AnswerCalibration.State.ACTIVE, model_version=answerability.model_version()
    ).first()
    return Calibration(row.slope, row.intercept, row.pk) if row else AS_SHIPPED


def outcome_of(features: dict[str, float], shown: float, said: float, *, is_right: bool) -> Outcome | None:
    """Read an outcome from the journal: `shown` the chance of the search step, `said` that of the answer.

    None when the features are another model's.
    """
    try:
        raw = answerability.log_odds(features)
    except KeyError:
        return None
    return Outcome(raw, _odds(said) - _odds(shown), is_right)


@transaction.atomic
def refit(outcomes: Sequence[Outcome]) -> AnswerCalibration | None:
    """Fit anew and decide by the newest outcomes; gives the row that was written, None with too few outcomes.

    Outcomes come oldest first.
    """
    held = outcomes[len(outcomes) - round(len(outcomes) * HELD_BACK) :]
    seen = outcomes[: len(outcomes) - len(held)]
    if len(outcomes) < LEAST_OUTCOMES or not _has_both(seen) or not _has_both(held, least=2):
        return None
    active = AnswerCalibration.objects.select_for_update().filter(state=AnswerCalibration.State.ACTIVE).first()
    if active and active.model_version != answerability.model_version():
        _leave(active, AnswerCalibration.State.REPLACED, "Another model was shipped.")
        active = None
    fitted = fit(seen)
    shipped = _loss(AS_SHIPPED, held)
    used = _loss(Calibration(active.slope, active.intercept), held) if active else shipped
    if active and used > shipped + BETTER_BY:
        _leave(active, AnswerCalibration.State.ROLLED_BACK, "It was worse than as shipped on the newest outcomes.")
        active, used = None, shipped
    is_better = _loss(fitted, held) < min(used, shipped) - BETTER_BY
    if is_better and active:
        _leave(active, AnswerCalibration.State.REPLACED, "")
    return AnswerCalibration.objects.create(
        state=AnswerCalibration.State.ACTIVE if is_better else AnswerCalibration.State.REFUSED,
        slope=fitted.slope,
        intercept=fitted.intercept,
        outcomes=len(outcomes),
        right=sum(outcome.is_right for outcome in outcomes),
        held_back=len(held),
        error_before=shipped,
        error_after=_loss(fitted, held),
        why="" if is_better else "It was no better on the newest outcomes than what is in use.",
        model_version=answerability.model_version(),
    )


@transaction.atomic
def roll_back(*, calibration_id: int) -> AnswerCalibration:
    """Stop using a refit; the chance is as shipped again."""
    row = AnswerCalibration.objects.select_for_update().get(pk=calibration_id)
    if row.state == AnswerCalibration.State.ACTIVE:
        _leave(row, AnswerCalibration.State.ROLLED_BACK, "Somebody took it back.")
    return row


def fit(outcomes: Sequence[Outcome]) -> Calibration:
    """Fit slope and intercept by Newton's method, held to "as shipped" by a few imagined outcomes."""
    slope, intercept = 1.0, 0.0
    for _step in range(STEPS):
        gradient = [PRIOR * (slope - 1.0), PRIOR * intercept / 4]
        curve = [[PRIOR, 0.0], [0.0, PRIOR / 4]]
        for outcome in outcomes:
            chance = _chance(slope * outcome.log_odds + intercept + outcome.offset)
            error, weight = chance - outcome.is_right, max(chance * (1 - chance), 1e-6)
            gradient[0] += error * outcome.log_odds
            gradient[1] += error
            curve[0][0] += weight * outcome.log_odds**2
            curve[0][1] += weight * outcome.log_odds
            curve[1][1] += weight
        scale = curve[0][0] * curve[1][1] - curve[0][1] ** 2
        move = (curve[1][1] * gradient[0] - curve[0][1] * gradient[1]) / scale
        shift = (curve[0][0] * gradient[1] - curve[0][1] * gradient[0]) / scale
        slope = min(max(slope - move, LEAST_SLOPE), MOST_SLOPE)
        intercept = min(max(intercept - shift, -MOST_INTERCEPT), MOST_INTERCEPT)
        if abs(move) + abs(shift) < 1e-7:  # noqa: PLR2004 - as good as still
            break
    return Calibration(slope, intercept)


def _leave(row: AnswerCalibration, state: AnswerCalibration.State, why: str) -> None:
    row.state, row.why = state, why
    row.save(update_fields=["state", "why", "updated_at"])


def _has_both(outcomes: Sequence[Outcome], least: int = LEAST_OF_A_KIND) -> bool:
    right = sum(outcome.is_right for outcome in outcomes)
    return min(right, len(outcomes) - right) >= least


def _loss(calibration: Calibration, outcomes: Sequence[Outcome]) -> float:
    """Give the mean log loss."""
    chances = (
        _chance(calibration.slope * outcome.log_odds + calibration.intercept + outcome.offset) for outcome in outcomes
    )
    losses = (
        -math.log(max(chance if outcome.is_right else 1 - chance, 1e-9))
        for chance, outcome in zip(chances, outcomes, strict=True)
    )
    return sum(losses) / len(outcomes)


def _chance(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(min(log_odds, 30.0), -30.0)))


def _odds(chance: float) -> float:
    kept = min(max(chance, 1e-6), 1 - 1e-6)
    return math.log(kept / (1 - kept))
