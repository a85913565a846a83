"""What lists of tickets and runs can be narrowed by."""

import django_filters
from django.db.models import QuerySet

from accounts.models import Contact
from supportai.core.api.filtering import ListFilter
from tickets.models import AgentRun, Ticket


class TicketFilter(ListFilter):
    """By state, who has it, and whose it is."""

    team = django_filters.CharFilter(field_name="team__slug", help_text="A team's slug.")
    contact = django_filters.UUIDFilter(field_name="contact__public_id", help_text="A contact's id.")
    email = django_filters.CharFilter(method="of_address", help_text="The contact's whole address.")
    organization = django_filters.UUIDFilter(
        field_name="contact__organization__public_id", help_text="An organization's id."
    )
    assignee = django_filters.UUIDFilter(field_name="assignee__public_id", help_text="A member of staff's id.")
    brand = django_filters.CharFilter(field_name="brand__slug", help_text="A brand's slug.")

    class Meta(ListFilter.Meta):
        model = Ticket
        fields = ("status", "handler", "channel", "priority", "intent")

    def of_address(self, tickets: QuerySet[Ticket], _name: str, value: str) -> QuerySet[Ticket]:
        """Look for the contacts first: in one query PostgreSQL read tickets, newest first, until one was theirs."""
        contacts = Contact.objects.filter(email__iexact=value).values_list("pk", flat=True)
        return tickets.filter(contact__in=list(contacts))


class RunFilter(ListFilter):
    """By ticket, state, intent or policy."""

    ticket = django_filters.UUIDFilter(field_name="ticket__public_id", help_text="A ticket's id.")

    class Meta(ListFilter.Meta):
        model = AgentRun
        fields = ("state", "intent", "policy")
