"""What lists of tickets and runs can be narrowed by."""

import django_filters

from supportai.core.api.filtering import ListFilter
from tickets.models import AgentRun, Ticket


class TicketFilter(ListFilter):
    """By state, who has it, and whose it is."""

    team = django_filters.CharFilter(field_name="team__slug", help_text="A team's slug.")
    contact = django_filters.UUIDFilter(field_name="contact__public_id", help_text="A contact's id.")
    email = django_filters.CharFilter(
        field_name="contact__email", lookup_expr="iexact", help_text="The contact's whole address."
    )
    organization = django_filters.UUIDFilter(
        field_name="contact__organization__public_id", help_text="An organization's id."
    )
    assignee = django_filters.UUIDFilter(field_name="assignee__public_id", help_text="A member of staff's id.")
    brand = django_filters.CharFilter(field_name="brand__slug", help_text="A brand's slug.")

    class Meta(ListFilter.Meta):
        model = Ticket
        fields = ("status", "handler", "channel", "priority", "intent")


class RunFilter(ListFilter):
    """By ticket, state, intent or policy."""

    ticket = django_filters.UUIDFilter(field_name="ticket__public_id", help_text="A ticket's id.")

    class Meta(ListFilter.Meta):
        model = AgentRun
        fields = ("state", "intent", "policy")
