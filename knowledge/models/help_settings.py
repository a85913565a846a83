"""The one row of settings of the help center."""

from django.core.validators import MaxValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from supportai.core.models import BaseModel

SEARCHES_KEPT_DAYS = 180


class HelpSettings(BaseModel):
    """What holds for the whole help center; without a row the defaults do."""

    searches_kept_days = models.PositiveIntegerField(
        "days that searches are kept",
        default=SEARCHES_KEPT_DAYS,
        validators=[MaxValueValidator(3650)],
        help_text="Words that readers searched without a good answer are deleted from the gaps after so many days. "
        "0: none are kept at all.",
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = "help center settings"
        verbose_name_plural = "help center settings"

    def __str__(self) -> str:
        return "Help center settings"
