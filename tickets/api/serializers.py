"""What the API says about tickets, messages and runs, and what it accepts."""

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from accounts.api.fields import BrandField, StaffField
from accounts.models import IdentityLevel
from supportai.core.api.bodies import Body, Shown
from supportai.core.models import JSONDict
from tickets import selectors
from tickets.models import AgentRun, AgentStep, Citation, Message, Ticket


class TicketSerializer(Shown):
    """One customer problem; `contact` and `assignee` are ids, `team` and `brand` slugs."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    number = serializers.IntegerField(source="pk", read_only=True, help_text="What staff call it.")
    contact = serializers.UUIDField(source="contact.public_id", read_only=True)
    brand = serializers.CharField(source="brand.slug", read_only=True)
    team = serializers.CharField(source="team.slug", read_only=True, allow_null=True)
    assignee = serializers.UUIDField(source="assignee.public_id", read_only=True, allow_null=True)

    class Meta:
        model = Ticket
        fields = (
            "id",
            "number",
            "subject",
            "status",
            "handler",
            "channel",
            "priority",
            "intent",
            "contact",
            "brand",
            "team",
            "assignee",
            "episode",
            "ledger",
            "last_sequence",
            "last_message_at",
            "first_replied_at",
            "resolved_at",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Somebody wrote elsewhere",
            {"email": "ana@northwind.example", "name": "Ana Ruiz", "text": "I was charged twice in October."},
            request_only=True,
        ),
        OpenApiExample(
            "Your system knows the customer",
            {"email": "ana@northwind.example", "text": "I was charged twice.", "identity_level": "signed"},
            request_only=True,
            description="Needs the scope `vouch`.",
        ),
    ]
)
class NewTicketSerializer(Body):
    """A ticket opened for somebody who wrote elsewhere."""

    email = serializers.EmailField(max_length=254, help_text="Whose problem it is.")
    name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    text = serializers.CharField(max_length=20_000, trim_whitespace=False, help_text="What the customer wrote.")
    brand = BrandField(required=False, help_text="The brand's slug; without it the first brand.")
    identity_level = serializers.ChoiceField(
        choices=[level for level in IdentityLevel.choices if level[0] != IdentityLevel.ANONYMOUS],
        default=IdentityLevel.CLAIMED,
        help_text="How your system knows the customer; more than `claimed` needs a token that may vouch.",
    )


@extend_schema_serializer(examples=[OpenApiExample("Resolve it", {"status": "resolved"}, request_only=True)])
class TicketChangeSerializer(Body):
    """What of a ticket can be changed; what is left out stays."""

    status = serializers.ChoiceField(choices=["open", "resolved"], required=False)
    assignee = StaffField(required=False, allow_null=True, help_text="A member of staff's id, or null for nobody.")


class CitationSerializer(Shown):
    """A numbered source of an AI answer."""

    class Meta:
        model = Citation
        fields = ("number", "title", "article_slug", "quote", "start", "end")
        read_only_fields = fields


class MessageSerializer(Shown):
    """One entry of a conversation; `kind` is `note` for what no customer sees."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    author_name = serializers.SerializerMethodField()
    run = serializers.UUIDField(source="run.public_id", read_only=True, allow_null=True)
    citations = CitationSerializer(many=True, read_only=True)

    class Meta:
        model = Message
        fields = (
            "id",
            "client_id",
            "sequence",
            "episode",
            "author",
            "author_name",
            "kind",
            "channel",
            "body",
            "identity_level",
            "quick_replies",
            "card",
            "citations",
            "run",
            "created_at",
        )
        read_only_fields = fields

    def get_author_name(self, obj: Message) -> str:
        """Name the author as the customer sees it."""
        return selectors.author_name(obj)


@extend_schema_serializer(
    examples=[
        OpenApiExample("A reply", {"text": "The second charge is refunded."}, request_only=True),
        OpenApiExample("A note", {"text": "Known since Monday.", "kind": "note"}, request_only=True),
    ]
)
class NewMessageSerializer(Body):
    """A reply of the token's user to the customer, or an internal note."""

    text = serializers.CharField(max_length=20_000, trim_whitespace=False)
    kind = serializers.ChoiceField(choices=["public", "note"], default="public")


class StepSerializer(Shown):
    """One step of a run: the decision and what came of it."""

    input = serializers.SerializerMethodField()
    output = serializers.SerializerMethodField()

    class Meta:
        model = AgentStep
        fields = (
            "index",
            "kind",
            "state",
            "story",
            "rule",
            "confidence",
            "input",
            "output",
            "duration_ms",
            "created_at",
        )
        read_only_fields = fields

    def get_input(self, obj: AgentStep) -> JSONDict:
        """Give the decision as it was journalled."""
        return dict(obj.input)

    def get_output(self, obj: AgentStep) -> JSONDict:
        """Give the result as it was journalled."""
        return dict(obj.output)


class RunSerializer(Shown):
    """One customer turn as the AI agent worked on it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    ticket = serializers.UUIDField(source="ticket.public_id", read_only=True)

    class Meta:
        model = AgentRun
        fields = (
            "id",
            "ticket",
            "episode",
            "state",
            "policy",
            "intent",
            "procedure",
            "confidence",
            "attempts",
            "input_sequence",
            "versions",
            "tokens",
            "cost_microdollars",
            "started_at",
            "finished_at",
            "created_at",
        )
        read_only_fields = fields


class RunDetailSerializer(RunSerializer):
    """A run with its steps."""

    steps = StepSerializer(many=True, read_only=True)

    class Meta:
        model = AgentRun
        fields = (*RunSerializer.Meta.fields, "steps")
        read_only_fields = fields
