"""Messages: what was said on a ticket, in order."""

from django.conf import settings
from django.db import models

from accounts.models import IdentityLevel
from supportai.core.models import BaseModel
from tickets.models.ticket import Channel, Ticket


class Message(BaseModel):
    """One entry of a conversation. `sequence` counts from 1 within the ticket, without holes."""

    class Author(models.TextChoices):
        CUSTOMER = "customer", "Customer"
        AI_AGENT = "ai_agent", "AI agent"
        AGENT = "agent", "Person on staff"
        SYSTEM = "system", "System"

    class Kind(models.TextChoices):
        PUBLIC = "public", "Public"
        NOTE = "note", "Internal note"
        EVENT = "event", "Event"

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="messages")
    sequence = models.PositiveIntegerField()
    episode = models.PositiveIntegerField(default=1)
    client_id = models.UUIDField(help_text="Chosen by the sender, so that sending again stores nothing twice.")
    author = models.CharField(max_length=10, choices=Author)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="messages", null=True, blank=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.PUBLIC)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.WIDGET)
    body = models.TextField(
        help_text="Plain text; AI answers may use Markdown lists and emphasis and [n] citation marks."
    )
    identity_level = models.CharField(max_length=20, choices=IdentityLevel, blank=True)
    quick_replies = models.JSONField(default=list, blank=True, help_text="Offered answers: [{label, value}].")
    card = models.JSONField(
        default=dict,
        blank=True,
        help_text="{kind: confirm|result, title, rows: [{label, value}], yes, no, note}; empty without a card.",
    )
    page = models.JSONField(default=dict, blank=True, help_text="Page context that the customer chose to share.")
    run = models.ForeignKey("AgentRun", models.SET_NULL, related_name="messages", null=True, blank=True)

    class Meta:
        ordering = ("ticket", "sequence")
        constraints = (
            models.UniqueConstraint(fields=["ticket", "sequence"], name="message_sequence_unique_in_ticket"),
            models.UniqueConstraint(fields=["ticket", "client_id"], name="message_client_id_unique_in_ticket"),
        )

    def __str__(self) -> str:
        return f"{self.ticket_id}/{self.sequence} {self.author}"

    @property
    def is_public(self) -> bool:
        """Tell whether the customer may read it."""
        return self.kind != self.Kind.NOTE


class Attachment(BaseModel):
    """A file that came with a message; `reading` is what was read out of it."""

    contact = models.ForeignKey("accounts.Contact", models.CASCADE, related_name="attachments", null=True, blank=True)
    message = models.ForeignKey(Message, models.CASCADE, related_name="attachments", null=True, blank=True)
    file = models.FileField(upload_to="attachments/%Y/%m")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()
    reading = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name


class Citation(BaseModel):
    """A numbered source of an AI answer: which words of which revision carry it, or which look-up."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="citations")
    number = models.PositiveSmallIntegerField()
    revision = models.ForeignKey("knowledge.Revision", models.PROTECT, related_name="+", null=True, blank=True)
    article_slug = models.SlugField(max_length=200, blank=True)
    title = models.CharField(max_length=300)
    quote = models.TextField(blank=True)
    start = models.PositiveIntegerField(default=0, help_text="First character of the quote in the revision's body.")
    end = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("message", "number")
        constraints = (models.UniqueConstraint(fields=["message", "number"], name="citation_number_unique_in_message"),)

    def __str__(self) -> str:
        return f"[{self.number}] {self.title}"
