"""Sources: where articles come from, what is in them, and how importing them went."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from supportai.core.models import BaseModel

# An index entry of PostgreSQL holds 2,700 bytes, and a character may take four.
MAX_EXTERNAL_ID = 600
MOST_PAGES = 20_000
# How the failure of an import begins that a person ended.
STOPPED = "Stopped by"
DEEPEST = 20


class Audience(models.TextChoices):
    """Who may read an article."""

    PUBLIC = "public", "Everybody"
    STAFF = "staff", "Staff only"


class Source(BaseModel):
    """A place that articles are imported from; each document in it has an id of its own there.

    `state` tells how far search has followed it; how an import goes is told by its latest `ImportRun`.
    """

    class Kind(models.TextChoices):
        MANUAL = "manual", "Written here"
        FILES = "files", "Files"
        SITE = "site", "Web site"
        SITEMAP = "sitemap", "Sitemap"
        LEARNED = "learned", "Learned from answers"

    class State(models.TextChoices):
        PENDING = "pending", "Waiting to be indexed"
        INDEXED = "indexed", "Indexed"
        STALE = "stale", "Out of date"
        FAILED = "failed", "Failed"

    class Refresh(models.TextChoices):
        NEVER = "never", "Only when asked"
        HOURLY = "hourly", "Every hour"
        DAILY = "daily", "Every day"
        WEEKLY = "weekly", "Every week"
        MONTHLY = "monthly", "Every 30 days"

    CRAWLED = (Kind.SITE, Kind.SITEMAP)

    name = models.CharField(max_length=120, unique=True, help_text="How staff and the import command name it.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.MANUAL)
    start_url = models.CharField(
        "address",
        max_length=1000,
        blank=True,
        validators=[RegexValidator(r"^https?://[^\s/]+", "Write an address such as https://help.example.com/.")],
        help_text="Where reading begins, or the address of the sitemap. Pages on other hosts are not read.",
    )
    max_depth = models.PositiveSmallIntegerField(
        "links followed in a row",
        default=5,
        validators=[MaxValueValidator(DEEPEST)],
        help_text="0 reads the first page only. A sitemap's pages are read without following links.",
    )
    max_pages = models.PositiveIntegerField(
        "most pages",
        default=500,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_PAGES)],
        help_text="Reading stops there, and says so.",
    )
    include_patterns = models.TextField(
        "only these paths",
        blank=True,
        help_text="One a line; * stands for anything, such as /docs/*. Empty: every path.",
    )
    exclude_patterns = models.TextField("never these paths", blank=True, help_text="One a line, such as /docs/old/*.")
    language = models.CharField(
        max_length=10,
        default="en",
        validators=[RegexValidator(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$", "Write a code such as en or pt-BR.")],
        help_text="Of documents that do not say theirs; ISO 639-1, such as en.",
    )
    audience = models.CharField(
        max_length=10,
        choices=Audience,
        default=Audience.PUBLIC,
        help_text="Staff only: never shown or quoted to customers.",
    )
    product = models.CharField(
        "section", max_length=80, blank=True, help_text="Where its articles stand in the help center by default."
    )
    refresh = models.CharField(
        "read again",
        max_length=10,
        choices=Refresh,
        default=Refresh.NEVER,
        help_text="Only what changed is imported; a page that is gone archives its article.",
    )
    state = models.CharField(max_length=10, choices=State, default=State.PENDING, editable=False)
    failure = models.TextField("why it failed", blank=True, editable=False)
    imported_at = models.DateTimeField("last import", null=True, blank=True, editable=False)
    history = HistoricalRecords(excluded_fields=["state", "failure", "imported_at", "updated_at"])

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                name="source_failure_iff_failed",
                condition=(Q(state="failed") & ~Q(failure="")) | (~Q(state="failed") & Q(failure="")),
            ),
            models.CheckConstraint(
                name="source_crawled_has_an_address",
                condition=~Q(kind__in=["site", "sitemap"]) | ~Q(start_url=""),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_crawled(self) -> bool:
        """Tell whether its documents are pages of the web."""
        return self.kind in self.CRAWLED

    @property
    def includes(self) -> tuple[str, ...]:
        """Give the path patterns of which a page must match one."""
        return _lines(self.include_patterns)

    @property
    def excludes(self) -> tuple[str, ...]:
        """Give the path patterns of which a page must match none."""
        return _lines(self.exclude_patterns)

    def clean(self) -> None:
        """Ask for the address of what is crawled, and for patterns that begin where paths do."""
        if self.is_crawled and not self.start_url:
            raise ValidationError({"start_url": "Give the address where reading begins."})
        wrong = {
            name: f"“{line}” is no path: begin it with / or *."
            for name in ("include_patterns", "exclude_patterns")
            for line in _lines(getattr(self, name))
            if not re.match(r"[/*]", line)
        }
        if wrong:
            raise ValidationError(wrong)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


class ImportRun(BaseModel):
    """One import of a source: asked for, taken by a worker, done or failed; with its progress and what it changed.

    At most one of a source is open. `running_until` is the lease of the worker that has it; a run whose lease has
    passed is taken up by another and goes on, since what it stored before is known by its hash.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    class Trigger(models.TextChoices):
        PERSON = "person", "Asked for"
        SCHEDULE = "schedule", "On schedule"
        COMMAND = "command", "By command"

    OPEN = (State.QUEUED, State.RUNNING)
    ENDED = (State.DONE, State.FAILED)

    source = models.ForeignKey(Source, models.CASCADE, related_name="runs")
    trigger = models.CharField(max_length=10, choices=Trigger, default=Trigger.PERSON)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    doing = models.CharField("what it does now", max_length=200, blank=True)
    done = models.PositiveIntegerField("documents looked at", default=0)
    total = models.PositiveIntegerField("documents expected", null=True, blank=True)
    created_count = models.PositiveIntegerField("new", default=0)
    updated_count = models.PositiveIntegerField("changed", default=0)
    unchanged_count = models.PositiveIntegerField("unchanged", default=0)
    kept_count = models.PositiveIntegerField("kept as edited here", default=0)
    failed_count = models.PositiveIntegerField("not imported", default=0)
    archived_count = models.PositiveIntegerField("archived", default=0)
    warning = models.TextField("to look at", blank=True)
    failure = models.TextField("why it failed", blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    running_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["source"], condition=Q(state__in=["queued", "running"]), name="import_run_one_open_in_source"
            ),
            models.CheckConstraint(
                name="import_run_failure_iff_failed",
                condition=(Q(state="failed") & ~Q(failure="")) | (~Q(state="failed") & Q(failure="")),
            ),
            models.CheckConstraint(
                name="import_run_finished_at_iff_ended",
                condition=Q(state__in=["done", "failed"], finished_at__isnull=False)
                | (Q(state__in=["queued", "running"]) & Q(finished_at__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.source_id}/{self.pk} {self.state}"

    @property
    def is_open(self) -> bool:
        """Tell whether it still has something to do."""
        return self.state in self.OPEN


class SourceFile(BaseModel):
    """A file that somebody uploaded to a source; a file of the same name takes its place."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="files")
    name = models.CharField(max_length=300)
    file = models.FileField(upload_to="sources/%Y/%m", max_length=500)
    size_bytes = models.PositiveBigIntegerField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True)
    read_in = models.ForeignKey(ImportRun, models.SET_NULL, related_name="+", null=True, blank=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["source", "name"], name="source_file_name_unique_in_source"),)

    def __str__(self) -> str:
        return self.name


class SourceDocument(BaseModel):
    """One document of a source as it was met last: a file, a row of a file, or a page, and the article it became.

    `content_hash` is of what the source gave, `imported_hash` of the text that an import stored last: where the
    article's text has another hash, a person has edited it since. `container` is what it was found in: an uploaded
    file's name, or the path that was given to the command; empty for pages.
    """

    class State(models.TextChoices):
        IMPORTED = "imported", "Imported"
        UNCHANGED = "unchanged", "Unchanged"
        KEPT = "kept", "Kept as it is here"
        FAILED = "failed", "Not imported"
        SKIPPED = "skipped", "Left out"
        MISSING = "missing", "Not found, still published"
        GONE = "gone", "Gone"

    source = models.ForeignKey(Source, models.CASCADE, related_name="documents")
    external_id = models.CharField("document", max_length=MAX_EXTERNAL_ID, help_text="Its path or address.")
    container = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.IMPORTED)
    reason = models.TextField("what to know", blank=True)
    article = models.ForeignKey("knowledge.Article", models.SET_NULL, related_name="documents", null=True, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    imported_hash = models.CharField(max_length=64, blank=True)
    etag = models.CharField(max_length=300, blank=True)
    last_modified = models.CharField(max_length=100, blank=True, help_text="As the server wrote it.")
    links = models.JSONField(null=True, blank=True, help_text="Addresses that the page leads to; null where unknown.")
    fetched_at = models.DateTimeField("last read", null=True, blank=True)
    is_archived_by_import = models.BooleanField(default=False)
    run = models.ForeignKey(ImportRun, models.SET_NULL, related_name="documents", null=True, blank=True)

    class Meta:
        ordering = ("source", "external_id")
        constraints = (
            models.UniqueConstraint(
                fields=["source", "external_id"], name="source_document_external_id_unique_in_source"
            ),
        )
        indexes = (models.Index(name="source_document_state", fields=["source", "state"]),)

    def __str__(self) -> str:
        return self.external_id
