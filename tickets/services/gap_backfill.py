"""Gaps of the past: look through conversations from before gaps were noted, in the order in which they were held."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import F, Max, Q

from knowledge.models import GapQuestion
from supportai.core import clock
from tickets.models import Handoff, Message, Ticket
from tickets.services.gaps import REASONS, note_answer, note_handoff, origin_of

PLACE = "gaps-backfill.json"


@dataclass(frozen=True, slots=True, order=True)
class Past:
    """One thing to look at: a hand-off (`handoff_id`), or the episode of a resolved ticket that a person answered."""

    at: datetime
    ticket_id: int
    episode: int
    handoff_id: int = 0


@dataclass(slots=True)
class Tally:
    """What came of looking: questions that were noted, that were known before, and episodes without one."""

    noted: int = 0
    known: int = 0
    nothing: int = 0


def past_questions(*, since: datetime) -> list[Past]:
    """Give what happened since a time, the oldest first; a hand-off comes before the answer that ended its episode."""
    return sorted([*_handoffs(since), *_answered(since)])


def _handoffs(since: datetime) -> Iterator[Past]:
    rows = Handoff.objects.filter(created_at__gte=since, reason__in=REASONS)
    for pk, ticket_id, episode, at in rows.values_list("pk", "ticket_id", "episode", "created_at"):
        yield Past(at, ticket_id, episode, pk)


def _answered(since: datetime) -> Iterator[Past]:
    # An episode before the ticket's current one was resolved, or there would be no later one.
    over = Q(episode__lt=F("ticket__episode")) | Q(ticket__status=Ticket.Status.RESOLVED)
    rows = Message.objects.filter(over, kind=Message.Kind.PUBLIC, author=Message.Author.AGENT, created_at__gte=since)
    grouped = rows.order_by().values_list("ticket_id", "episode").annotate(at=Max("created_at"))
    for ticket_id, episode, at in grouped:
        yield Past(at, ticket_id, episode)


def note_past(
    *, past: list[Past], since: datetime, go_on: bool = True, on_each: Callable[[], object] = lambda: None
) -> Tally:
    """Note the questions of past conversations that articles do not answer by now; doing it again adds nothing.

    Where it was interrupted it goes on, unless told not to: its place is kept in `DATA_DIR`. A `since` that reaches further
    back begins anew, since what lies before the place was not looked at.

    Raises:
        SearchUnavailableError: articles cannot be asked; what was noted stays, and the next call goes on there.
    """
    done_until, tally = _place(since) if go_on else None, Tally()
    for each in past:
        if done_until is None or each > done_until:
            _note(each, tally)
            _keep_place(each, since)
        on_each()
    _file().unlink(missing_ok=True)
    return tally


def _note(each: Past, tally: Tally) -> None:
    ticket = Ticket.objects.filter(pk=each.ticket_id).first()
    if ticket is None:
        tally.nothing += 1
        return
    was_known = GapQuestion.objects.filter(origin=origin_of(ticket, each.episode)).exists()
    if each.handoff_id:
        is_gap = note_handoff(handoff_id=each.handoff_id, is_past=True)
    else:
        is_gap = note_answer(ticket_id=each.ticket_id, episode=each.episode)
    if not is_gap:
        tally.nothing += 1
    elif was_known:
        tally.known += 1
    else:
        tally.noted += 1


def _file() -> Path:
    return Path(settings.DATA_DIR) / PLACE


def _place(since: datetime) -> Past | None:
    """Give what was looked at last by a call that reached as far back as this one, or further."""
    try:
        kept = json.loads(_file().read_text())
        if datetime.fromisoformat(kept["since"]) > since:
            return None
        return Past(datetime.fromisoformat(kept["at"]), kept["ticket"], kept["episode"], kept["handoff"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep_place(each: Past, since: datetime) -> None:
    place = {
        "since": since.isoformat(),
        "at": each.at.isoformat(),
        "ticket": each.ticket_id,
        "episode": each.episode,
        "handoff": each.handoff_id,
    }
    whole = _file().with_suffix(".new")
    whole.write_text(json.dumps(place))
    whole.replace(_file())


def since_days(days: int) -> datetime:
    """Give the time so many days ago."""
    return clock.now() - timedelta(days=days)
