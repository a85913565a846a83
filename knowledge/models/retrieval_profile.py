"""Retrieval profiles: with which model passages are found by meaning."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from supportai.core.models import BaseModel
from supportai.core.secrets import SecretField

MOST_DIMENSIONS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSettings:
    """A profile as services and components read it; the one without an id is the built-in model."""

    profile_id: int | None = None
    is_local: bool = True
    base_url: str = ""
    model: str = ""
    api_key: str = field(default="", repr=False)
    dimensions: int = 0
    query_prefix: str = ""
    document_prefix: str = ""
    timeout_seconds: float = 10.0

    @property
    def store_name(self) -> str:
        """Name the document store that holds its vectors; the built-in model's has none."""
        return "" if self.is_local else f"profile-{self.profile_id}"


BUILT_IN = ProfileSettings()


class RetrievalProfile(BaseModel):
    """A model that turns texts into vectors. One is active; another is built beside it and then takes its place.

    Each profile has a document store of its own, so that questions and passages are always embedded by the same
    model. What shapes the vectors does not change once they were made.
    """

    class Embedder(models.TextChoices):
        LOCAL = "local", "Built-in model"
        ENDPOINT = "endpoint", "OpenAI-compatible endpoint"

    class State(models.TextChoices):
        NEW = "new", "Not built"
        BUILDING = "building", "Building"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        CLEARING = "clearing", "Being emptied"

    SHAPING = ("embedder", "model", "dimensions", "query_prefix", "document_prefix")

    name = models.CharField(max_length=80, unique=True)
    embedder = models.CharField(max_length=10, choices=Embedder, default=Embedder.ENDPOINT)
    base_url = models.CharField(
        "address",
        max_length=300,
        blank=True,
        validators=[RegexValidator(r"^https?://[^\s/]+", "Write an address such as https://api.example.com/v1.")],
        help_text="What /embeddings is added to, such as https://api.example.com/v1.",
    )
    model = models.CharField(max_length=120, blank=True, help_text="As the endpoint names it.")
    api_key = SecretField(default="", blank=True, help_text="Of the endpoint.")
    dimensions = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(MOST_DIMENSIONS)],
        help_text="How many numbers a vector of this model has.",
    )
    query_prefix = models.CharField(
        max_length=200, blank=True, help_text="What the model expects before a question; see its card."
    )
    document_prefix = models.CharField(max_length=200, blank=True, help_text="What it expects before a passage.")
    timeout_seconds = models.FloatField(
        default=10.0,
        validators=[MinValueValidator(0.5), MaxValueValidator(120)],
        help_text="How long a question may wait; then it is searched by words only.",
    )
    is_active = models.BooleanField(default=False, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.NEW, editable=False)
    done = models.PositiveIntegerField("articles indexed", default=0, editable=False)
    total = models.PositiveIntegerField("articles to index", default=0, editable=False)
    failure = models.CharField("why building failed", max_length=500, blank=True, editable=False)
    build_attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    building_until = models.DateTimeField(null=True, blank=True, editable=False)
    query_failure = models.CharField("why a search did without it", max_length=500, blank=True, editable=False)
    query_failed_at = models.DateTimeField(null=True, blank=True, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    history = HistoricalRecords(
        excluded_fields=[
            "api_key", "done", "total", "build_attempts", "building_until", "query_failure", "query_failed_at",
        ]
    )  # fmt: skip

    class Meta:
        ordering = ("-is_active", "name")
        constraints = (
            models.UniqueConstraint(fields=["is_active"], condition=Q(is_active=True), name="profile_one_is_active"),
            models.UniqueConstraint(fields=["embedder"], condition=Q(embedder="local"), name="profile_one_is_built_in"),
            models.CheckConstraint(
                name="profile_endpoint_has_an_address_and_a_model",
                condition=~Q(embedder="endpoint") | (~Q(base_url="") & ~Q(model="") & Q(dimensions__gt=0)),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_built(self) -> bool:
        """Tell whether vectors were made with it, so that what shapes them is fixed."""
        return self.is_active or self.state in {self.State.BUILDING, self.State.READY}

    @property
    def settings(self) -> ProfileSettings:
        """Give what services need of it."""
        return ProfileSettings(
            profile_id=self.pk,
            is_local=self.embedder == self.Embedder.LOCAL,
            base_url=self.base_url,
            model=self.model,
            api_key=self.api_key,
            dimensions=self.dimensions,
            query_prefix=self.query_prefix,
            document_prefix=self.document_prefix,
            timeout_seconds=self.timeout_seconds,
        )

    def clean(self) -> None:
        """Ask for what an endpoint needs, and keep what shapes the vectors once they were made."""
        if self.embedder == self.Embedder.ENDPOINT:
            needed = {"base_url": self.base_url, "model": self.model, "dimensions": self.dimensions}
            missing = {name: "An endpoint needs it." for name, value in needed.items() if not value}
            if missing:
                raise ValidationError(missing)
        before = type(self).objects.filter(pk=self.pk).first()
        if before and before.is_built and any(getattr(before, n) != getattr(self, n) for n in self.SHAPING):
            raise ValidationError("Its vectors were made already. Add another profile and switch to that.")
