"""`manage.py recalibrate`: move the chance of answers by what came of them here."""

from typing import Any

from django.core.management.base import BaseCommand

from knowledge.models import AnswerCalibration
from knowledge.services import calibration
from tickets.services import outcomes


class Command(BaseCommand):
    help = (
        "Refit how sure answers are on this deployment's own outcomes (confirmed, corrected, escalated, rated). "
        "Runs by itself every night. What is no better on the newest outcomes is not used."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        row = outcomes.recalibrate()
        if row is None:
            known = len(outcomes.answer_outcomes())
            self.stdout.write(
                f"Too few outcomes: {known} are known, {calibration.LEAST_OUTCOMES} are needed, with at least "
                f"{calibration.LEAST_OF_A_KIND} right and as many wrong among the older ones. Nothing was changed."
            )
            return
        self.stdout.write(
            f"{row.outcomes} outcomes, {row.right} right. On the newest {row.held_back}: error {row.error_before:.3f} as "
            f"shipped, {row.error_after:.3f} with slope {row.slope:.2f} and intercept {row.intercept:.2f}."
        )
        used = row.state == AnswerCalibration.State.ACTIVE
        self.stdout.write(f"Version {row.pk} is in use now." if used else f"Not used: {row.why}")
