"""CSAT: store what the customer thought."""

from uuid import UUID

from django.db import transaction

from supportai.core.errors import InvalidInputError, NotFoundError
from supportai.core.events import publish
from tickets.errors import TicketNotResolvedError
from tickets.events import TicketRated
from tickets.models import Csat, Ticket

BEST = 5
MAX_COMMENT = 2000


@transaction.atomic
def rate(*, contact_id: int, ticket_public_id: UUID, score: int, comment: str = "") -> Csat:
    """Store or change the rating of the resolved episode, and announce `TicketRated`.

    Raises:
        InvalidInputError: the score is not 1 to 5.
        NotFoundError: the ticket is not this contact's.
        TicketNotResolvedError: there is nothing to rate yet.
    """
    if not isinstance(score, int) or not 1 <= score <= BEST:
        raise InvalidInputError("A rating is a whole number from 1 to 5.")
    ticket = Ticket.objects.filter(contact_id=contact_id, public_id=ticket_public_id).first()
    if ticket is None:
        raise NotFoundError("This conversation is not yours or does not exist.")
    if not ticket.is_resolved:
        raise TicketNotResolvedError("This conversation is still open.")
    rating, _ = Csat.objects.update_or_create(
        ticket=ticket,
        episode=ticket.episode,
        defaults={"score": score, "comment": comment[:MAX_COMMENT], "about": ticket.handler},
    )
    publish(TicketRated(ticket_id=ticket.pk, episode=ticket.episode, score=score))
    return rating
