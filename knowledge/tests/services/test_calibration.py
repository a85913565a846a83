"""The chance of answers follows what came of them here, and goes back when that made it worse."""

import random

import pytest

from knowledge.models import AnswerCalibration
from knowledge.services import answerability, calibration
from knowledge.services.calibration import AS_SHIPPED, Calibration, Outcome, fit, refit
from knowledge.tests.services.test_answers import INVITE, OTHER

State = AnswerCalibration.State


def outcomes(count, *, shift=0.0, slope=1.0, seed=3):
    """Make outcomes whose true log odds are the shown ones times `slope` plus `shift`."""
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        log_odds = chance.gauss(1.0, 1.5)
        true = Calibration(slope, shift).apply(log_odds)
        made.append(Outcome(log_odds, 0.0, chance.random() < true))
    return made


def test_a_fit_finds_how_much_too_sure_the_answers_were():
    found = fit(outcomes(2000, shift=-1.5))
    assert found.intercept == pytest.approx(-1.5, abs=0.25)
    assert found.slope == pytest.approx(1.0, abs=0.2)


def test_a_handful_of_outcomes_moves_little():
    found = fit([Outcome(2.0, 0.0, False)] * 3)
    assert abs(found.intercept) < 0.6
    assert 0.7 < found.slope < 1.1


def test_what_the_agent_added_for_the_kind_of_turn_is_not_counted_twice():
    plain = outcomes(2000, shift=-1.0)
    moved = [Outcome(o.log_odds, -1.0, o.is_right) for o in plain]
    assert abs(fit(moved).intercept) < 0.25


@pytest.mark.parametrize("slope", [0.5, 1.0, 2.0])
def test_the_map_keeps_the_order(slope):
    chances = [Calibration(slope, -0.7).apply(value) for value in (-3, -1, 0, 2, 5)]
    assert chances == sorted(chances)


@pytest.mark.django_db
def test_too_few_outcomes_change_nothing():
    assert refit(outcomes(calibration.LEAST_OUTCOMES - 1, shift=-2)) is None
    assert refit([Outcome(1.0, 0.0, True)] * 500) is None
    assert not AnswerCalibration.objects.exists()


@pytest.mark.django_db
def test_a_better_refit_is_used_and_replaces_the_one_before():
    first = refit(outcomes(300, shift=-1.5))
    assert first.state == State.ACTIVE
    assert first.error_after < first.error_before
    assert calibration.current() == Calibration(first.slope, first.intercept, first.pk)
    second = refit(outcomes(900, shift=1.5, seed=5))
    first.refresh_from_db()
    assert (first.state, second.state) == (State.ROLLED_BACK, State.ACTIVE)


@pytest.mark.django_db
def test_a_refit_that_is_no_better_is_written_down_and_not_used():
    row = refit(outcomes(300))
    assert row.state == State.REFUSED
    assert row.why
    assert calibration.current() == AS_SHIPPED


@pytest.mark.django_db
def test_what_got_worse_than_as_shipped_is_rolled_back():
    bad = refit(outcomes(300, shift=-2))
    refit(outcomes(300, seed=9))
    bad.refresh_from_db()
    assert bad.state == State.ROLLED_BACK
    assert calibration.current() == AS_SHIPPED


@pytest.mark.django_db
def test_another_shipped_model_starts_anew(monkeypatch):
    refit(outcomes(300, shift=-2))
    monkeypatch.setattr(answerability, "model_version", lambda: 99)
    assert calibration.current() == AS_SHIPPED


@pytest.mark.django_db
def test_a_person_can_take_it_back():
    row = refit(outcomes(300, shift=-2))
    assert calibration.roll_back(calibration_id=row.pk).state == State.ROLLED_BACK
    assert calibration.current() == AS_SHIPPED


@pytest.mark.django_db
def test_answers_carry_the_calibrated_chance_and_its_version():
    question = {"question": "How do I invite a colleague?", "passages": [INVITE, OTHER]}
    before = calibration.answer_question(**question)
    row = refit(outcomes(300, shift=-2))
    after = calibration.answer_question(**question)
    assert (before.calibration, after.calibration) == (0, row.pk)
    assert after.probability < before.probability


def test_outcomes_of_another_model_do_not_count():
    assert calibration.outcome_of({"dense_top": 0.7}, 0.8, 0.8, is_right=True) is None
