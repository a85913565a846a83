"""What the API says about installations, executions and approvals; never a credential."""

from rest_framework import serializers

from integrations.models import ActionExecution, Approval, Installation
from supportai.core.api.bodies import Body, Shown
from supportai.core.models import JSONDict


class InstallationSerializer(Shown):
    """A connected account; `capabilities` are what is bound to it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    capabilities = serializers.SerializerMethodField()

    class Meta:
        model = Installation
        fields = (
            "id",
            "kind",
            "name",
            "state",
            "can_ingest",
            "can_act",
            "can_notify",
            "capabilities",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def get_capabilities(self, obj: Installation) -> list[str]:
        """Name what is bound to it, by name."""
        return sorted(binding.capability for binding in obj.bindings.all())


class ExecutionSerializer(Shown):
    """One call of an action; `contact`, `installation` and `approval` are ids."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    contact = serializers.UUIDField(source="contact.public_id", read_only=True)
    installation = serializers.UUIDField(source="installation.public_id", read_only=True)
    approval = serializers.UUIDField(source="approval.public_id", read_only=True, default=None, allow_null=True)

    class Meta:
        model = ActionExecution
        fields = (
            "id",
            "capability",
            "action",
            "risk",
            "state",
            "contact",
            "identity_level",
            "installation",
            "approval",
            "caller",
            "episode",
            "arguments",
            "amount_cents",
            "currency",
            "result",
            "error",
            "attempts",
            "sent_at",
            "finished_at",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class ApprovalSerializer(Shown):
    """A question to people about one frozen call; `decisions` are what they said so far."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    execution = serializers.UUIDField(source="execution.public_id", read_only=True)
    contact = serializers.UUIDField(source="execution.contact.public_id", read_only=True)
    capability = serializers.CharField(source="execution.capability", read_only=True)
    arguments = serializers.JSONField(source="execution.arguments", read_only=True)
    amount_cents = serializers.IntegerField(source="execution.amount_cents", read_only=True, allow_null=True)
    currency = serializers.CharField(source="execution.currency", read_only=True)
    decisions = serializers.SerializerMethodField()

    class Meta:
        model = Approval
        fields = (
            "id",
            "state",
            "reason",
            "needed",
            "decisions",
            "execution",
            "contact",
            "capability",
            "arguments",
            "amount_cents",
            "currency",
            "expires_at",
            "decided_at",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def get_decisions(self, obj: Approval) -> list[JSONDict]:
        """Give who said what when, without internal ids."""
        return [{name: given[name] for name in ("name", "is_yes", "why", "at")} for given in obj.decisions]


class DenialSerializer(Body):
    """A no, with the reason if there is one."""

    why = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")
