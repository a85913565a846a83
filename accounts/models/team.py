"""Teams: where tickets are routed."""

from django.conf import settings
from django.db import models

from supportai.core.models import BaseModel


class Team(BaseModel):
    """A group of staff that takes tickets of some intents."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="teams", blank=True)
    is_default = models.BooleanField(default=False, help_text="Takes what no other team takes.")

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="only_one_default_team"
            ),
        )

    def __str__(self) -> str:
        return self.name
