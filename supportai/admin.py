"""Admin page of the platform: events that wait or are stuck."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from supportai.core import clock, events
from supportai.core.admin import Done, Press, ReadOnlyAdmin, confirmed, pretty_json
from supportai.core.models import OutboxEvent

admin.site.index_title = "Configuration"


class OutboxStateFilter(admin.SimpleListFilter):
    """Narrows to what needs a look."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Name the states."""
        return [("waiting", "Waiting"), ("failing", "Failing"), ("stuck", "Stuck"), ("done", "Done")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutboxEvent]) -> QuerySet[OutboxEvent]:
        """Choose by attempts and dispatch."""
        most = OutboxEvent.MAX_ATTEMPTS
        waiting = queryset.filter(dispatched_at__isnull=True)
        states = {
            "waiting": waiting.filter(attempts=0),
            "failing": waiting.filter(attempts__gt=0, attempts__lt=most),
            "stuck": waiting.filter(attempts__gte=most),
            "done": queryset.filter(dispatched_at__isnull=False),
        }
        return states.get(self.value() or "", queryset)


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    """Events that every app announces; one that failed twelve times waits here for a person."""

    list_display = ("short_name", "state", "attempts", "last_error", "created_at", "next_attempt_at")
    list_filter = (OutboxStateFilter,)
    search_fields = ("name", "last_error")
    ordering = ("-pk",)
    actions = ("try_again",)
    fields = ("name", "state", "payload_text", "attempts", "last_error", "created_at", "next_attempt_at")
    readonly_fields = fields

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Let those retry who may change events."""
        return request.user.has_perm("supportai.change_outboxevent")

    @confirmed(
        label="Try again now",
        title="Try these events again?",
        text="Each gets a fresh row of attempts and is dispatched now; what was dispatched already stays as it is.",
        button="Try again",
        permission="retry",
    )
    def try_again(self, press: Press) -> Done:
        """Give the chosen events a fresh row of attempts and dispatch them."""
        chosen = press.rows.filter(dispatched_at__isnull=True)
        waiting = list(chosen.order_by("pk").values_list("pk", flat=True))
        OutboxEvent.objects.filter(pk__in=waiting).update(attempts=0, next_attempt_at=clock.now())
        done = sum(events.dispatch(pk) for pk in waiting)
        failed = len(waiting) - done
        told = f"{done} dispatched." + (f" {failed} failed again; the last error says why." if failed else "")
        return Done(told, messages.ERROR if failed else messages.SUCCESS)

    @display(description="Event", ordering="name")
    def short_name(self, obj: OutboxEvent) -> str:
        """Name the event without its module path's middle."""
        app, _, rest = obj.name.partition(".")
        return f"{app}: {rest.rpartition('.')[2]}"

    @display(
        description="State",
        label={"Done": "success", "Waiting": "info", "Failing": "warning", "Stuck": "danger"},
    )
    def state(self, obj: OutboxEvent) -> str:
        """Say where it stands."""
        if obj.dispatched_at:
            return "Done"
        if obj.attempts >= OutboxEvent.MAX_ATTEMPTS:
            return "Stuck"
        return "Failing" if obj.attempts else "Waiting"

    @display(description="Payload")
    def payload_text(self, obj: OutboxEvent) -> str:
        """Show the payload."""
        return pretty_json(obj.payload)
