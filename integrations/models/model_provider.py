"""Model providers: the language models that the AI agent may use, in the order of fail-over."""

from decimal import Decimal
from types import MappingProxyType
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from supportai.core.models import BaseModel
from supportai.core.secrets import SecretField

MAX_TIMEOUT_SECONDS = 300
MAX_OUTPUT_TOKENS = 100_000


def base_url_problem(url: str) -> str:
    """Say what is wrong with an address of a model server, or nothing.

    Private hosts are fine: Ollama and most compatible servers run beside us, and only staff can set the address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is no web address. It looks like http://localhost:11434 or https://models.example.com/v1."
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "Begin with http:// or https:// and a host, such as http://localhost:11434."
    if parts.username or parts.password:
        return "Leave user and password out of the address; put the key into the field for it."
    if parts.query or parts.fragment:
        return "Leave out everything from ? or # on; the address ends with the path, such as /v1."
    return "" if port is None or port else "Port 0 cannot be reached; give the real port."


class ModelProvider(BaseModel):
    """A language model with where it is, its key, limits and prices."""

    class Kind(models.TextChoices):
        OPENAI = "openai", "OpenAI"
        OPENAI_COMPATIBLE = "openai_compatible", "OpenAI-compatible server"
        ANTHROPIC = "anthropic", "Anthropic"
        GOOGLE = "google", "Google Gemini"
        OLLAMA = "ollama", "Ollama"

    # Kinds that live where the address says; the others have one address of their own.
    ADDRESSED = frozenset({Kind.OPENAI_COMPATIBLE, Kind.OLLAMA})
    KEYED = frozenset({Kind.OPENAI, Kind.ANTHROPIC, Kind.GOOGLE})
    # Where the environment may name a gateway in front of them.
    ADDRESS_VARIABLES = MappingProxyType(
        {
            Kind.OPENAI: "OPENAI_BASE_URL",
            Kind.ANTHROPIC: "ANTHROPIC_BASE_URL",
            Kind.GOOGLE: "GOOGLE_GEMINI_BASE_URL",
        }
    )

    name = models.CharField(max_length=80, unique=True, help_text="How runs and this page call it.")
    kind = models.CharField(max_length=20, choices=Kind)
    model = models.CharField(max_length=120, help_text="As the provider names it, such as gpt-5-mini or qwen3:8b.")
    base_url = models.CharField(
        "address",
        max_length=300,
        blank=True,
        help_text="For OpenAI-compatible servers (with /v1) and Ollama (http://localhost:11434) only.",
    )
    api_key = SecretField("API key", default="", blank=True)
    position = models.PositiveSmallIntegerField(
        default=0, db_index=True, help_text="The smallest is asked first; the next when it fails."
    )
    is_enabled = models.BooleanField("enabled", default=True)
    timeout_seconds = models.FloatField(
        "time-out in seconds",
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_TIMEOUT_SECONDS)],
        help_text="For one whole answer; then it is given up and the next is asked.",
    )
    max_output_tokens = models.PositiveIntegerField(
        "longest answer in tokens",
        default=1024,
        validators=[MinValueValidator(16), MaxValueValidator(MAX_OUTPUT_TOKENS)],
        help_text="An answer that reaches it counts as failed. Models that think before they answer need more.",
    )
    is_structured = models.BooleanField(
        "structured answers",
        default=False,
        help_text="Its tool calls arrive as text or not at all: ask for one JSON object by a schema instead.",
    )
    input_price = models.DecimalField(
        max_digits=10,
        decimal_places=4,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
        help_text="US dollars per million tokens read.",
    )
    output_price = models.DecimalField(
        max_digits=10,
        decimal_places=4,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
        help_text="US dollars per million tokens written.",
    )
    last_failure = models.CharField(max_length=300, blank=True, editable=False)
    last_failure_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False)
    history = HistoricalRecords(excluded_fields=["api_key", "last_failure", "last_failure_at", "last_success_at"])

    class Meta:
        ordering = ("position", "id")
        constraints = (
            models.CheckConstraint(
                name="provider_has_an_address_iff_its_kind_has_none",
                condition=Q(kind__in=["openai_compatible", "ollama"]) & ~Q(base_url="")
                | ~Q(kind__in=["openai_compatible", "ollama"]) & Q(base_url=""),
            ),
            models.CheckConstraint(name="provider_timeout_is_positive", condition=Q(timeout_seconds__gt=0)),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.model})"

    @property
    def is_failing(self) -> bool:
        """Tell whether the last thing that it did was to fail."""
        failed, worked = self.last_failure_at, self.last_success_at
        return failed is not None and (worked is None or worked < failed)

    def clean(self) -> None:
        """Refuse what could never answer: no key where one is needed, or an address where none or another belongs."""
        self.base_url = self.base_url.strip().rstrip("/")
        problems = {}
        if self.kind in self.KEYED and not self.api_key:
            problems["api_key"] = f"{self.get_kind_display()} needs a key; make one in your account there."
        if problem := self._address_problem():
            problems["base_url"] = problem
        if problems:
            raise ValidationError(problems)

    def _address_problem(self) -> str:
        if self.kind in self.ADDRESSED:
            return base_url_problem(self.base_url) if self.base_url else "Where is it? Give its address."
        if not self.base_url or self.kind not in self.KEYED:
            return ""
        variable = self.ADDRESS_VARIABLES[self.Kind(self.kind)]
        return f"Leave this empty; where it must be another address, set {variable} for the server and its workers."
