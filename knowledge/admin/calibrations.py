"""Admin page of calibrations: what own outcomes changed about how sure answers are, and the way back."""

from django.contrib import admin, messages
from django.http import HttpRequest
from unfold.decorators import display

from knowledge.models import AnswerCalibration
from knowledge.services import calibration
from supportai.core.admin import Done, Press, ReadOnlyAdmin, confirmed

COLOURS = {"In use": "success", "Rolled back": "warning", "No better, not used": "info"}


@admin.register(AnswerCalibration)
class AnswerCalibrationAdmin(ReadOnlyAdmin):
    """A row a refit, written every night once there are enough outcomes."""

    empty_hint = (
        "Every night the chance of answers is compared with what came of them. The first row comes with "
        f"{calibration.LEAST_OUTCOMES} known outcomes."
    )
    list_display = ("version", "state_name", "created_at", "outcomes", "share_right", "error_before", "error_after")
    actions_detail = ("roll_back",)
    fieldsets = (
        (None, {"fields": (("state_name", "created_at"), "why")}),
        (
            "What it was fitted on",
            {
                "fields": (("outcomes", "right", "held_back"),),
                "description": "Answers that customers confirmed or rated, said did not help, or took to a person.",
            },
        ),
        (
            "How good it is",
            {
                "fields": (("error_before", "error_after"), ("slope", "intercept")),
                "description": "Errors are measured on the newest outcomes, which the fit did not see. Slope and "
                "intercept move the log odds of every answer; 1 and 0 change nothing.",
            },
        ),
    )

    @display(description="Version", ordering="pk")
    def version(self, obj: AnswerCalibration) -> str:
        """Give its number, as answers' journals name it."""
        return str(obj.pk)

    @display(description="State", label=COLOURS)
    def state_name(self, obj: AnswerCalibration) -> str:
        """Name the state."""
        return obj.get_state_display()

    @display(description="Right")
    def share_right(self, obj: AnswerCalibration) -> str:
        """Give the share of right answers."""
        return f"{obj.right / obj.outcomes:.0%}" if obj.outcomes else ""

    @confirmed(
        label="Stop using it",
        title="Go back to the chances as shipped?",
        text="From the next answer on. The nightly refit may bring in another version.",
        button="Stop using it",
        permission="roll_back",
    )
    def roll_back(self, press: Press) -> str | Done:
        """Go back to the chances as shipped."""
        row = calibration.roll_back(calibration_id=press.pk)
        if row.state == AnswerCalibration.State.ROLLED_BACK:
            return "Answers are as sure as shipped again."
        return Done("It was not in use.", messages.INFO)

    def has_roll_back_permission(self, request: HttpRequest, object_id: str | int | None = None) -> bool:
        """Offer it for the version in use, to those who configure."""
        is_used = AnswerCalibration.objects.filter(pk=object_id or 0, state=AnswerCalibration.State.ACTIVE).exists()
        return is_used and bool(request.user.has_perm("knowledge.change_answercalibration"))
