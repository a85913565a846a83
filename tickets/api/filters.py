"""What lists of tickets and runs can be narrowed by."""

import django_filters

from tickets.models import AgentRun, Ticket


class TicketFilter(django_filters.FilterSet):
    """By state, who has it, and whose it is."""

    team = django_filters.CharFilter(field_name="team__slug")
    contact = django_filters.UUIDFilter(field_name="contact__public_id")
    email = django_filters.CharFilter(field_name="contact__email", lookup_expr="iexact")
    organization = django_filters.UUIDFilter(field_name="contact__organization__public_id")
    assignee = django_filters.UUIDFilter(field_name="assignee__public_id")
    brand = django_filters.CharFilter(field_name="brand__slug")
    created_after = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")

    class Meta:
        model = Ticket
        fields = ("status", "handler", "channel", "priority", "intent")


class RunFilter(django_filters.FilterSet):
    """By ticket, state, intent."""

    ticket = django_filters.UUIDFilter(field_name="ticket__public_id")

    class Meta:
        model = AgentRun
        fields = ("state", "intent", "policy")
