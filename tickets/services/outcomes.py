"""What came of the AI agent's answers: read from the journal, and given to knowledge to recalibrate its chances.

An answer was *right* when the customer said so (confirmed, or 4 or 5 stars), *wrong* when the next turn says that it did
not help, whether at once or after a return, when the episode then went to a person because of it, or at 1 or 2 stars.
Silence says nothing: an assumed resolution is no outcome.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

from knowledge.models import AnswerCalibration
from knowledge.services import calibration
from knowledge.services.calibration import Outcome
from supportai.core import clock
from tickets.models import AgentRun, AgentStep, Csat, Handoff, Ticket

LOOK_BACK = timedelta(days=180)
MOST_TICKETS = 5000
GOOD_STARS, BAD_STARS = 4, 2
FAILED = frozenset(
    {Handoff.Reason.REPEATED_FAILURE, Handoff.Reason.NEGATIVE_SENTIMENT, Handoff.Reason.CUSTOMER_REQUEST}
)


def recalibrate() -> AnswerCalibration | None:
    """Refit the chance of answers on this deployment's outcomes; None while there are too few."""
    return calibration.refit(answer_outcomes())


def answer_outcomes() -> list[Outcome]:
    """Collect the answers of the last half year whose outcome is known, oldest first."""
    tickets = (
        AgentRun.objects.filter(created_at__gte=clock.now() - LOOK_BACK, steps__kind=AgentStep.Kind.ANSWER)
        .order_by("-ticket_id")
        .values_list("ticket_id", flat=True)
        .distinct()[:MOST_TICKETS]
    )
    runs: dict[int, list[AgentRun]] = defaultdict(list)
    for run in AgentRun.objects.filter(ticket__in=list(tickets)).order_by("pk").prefetch_related("steps"):
        runs[run.ticket_id].append(run)
    stars = {
        (rating.ticket_id, rating.episode): rating.score
        for rating in Csat.objects.filter(ticket__in=runs, about=Ticket.Handler.AI_AGENT)
    }
    failed = {
        (handoff.ticket_id, handoff.episode) for handoff in Handoff.objects.filter(ticket__in=runs, reason__in=FAILED)
    }
    found = [
        (run.pk, outcome)
        for ticket_id, of_ticket in runs.items()
        for run, outcome in _of_ticket(
            of_ticket,
            stars={episode: score for (ticket, episode), score in stars.items() if ticket == ticket_id},
            failed={episode for ticket, episode in failed if ticket == ticket_id},
        )
    ]
    return [outcome for _pk, outcome in sorted(found, key=lambda pair: pair[0])]


def _of_ticket(
    runs: Sequence[AgentRun], *, stars: dict[int, int], failed: set[int]
) -> Iterator[tuple[AgentRun, Outcome]]:
    answered = [(place, run, answer) for place, run in enumerate(runs) if (answer := _factual_answer(run))]
    last_of = {run.episode: place for place, run, _answer in answered}
    for place, run, answer in answered:
        is_last = last_of[run.episode] == place
        is_right = _was_right(
            runs[place + 1 : place + 2],
            confirmed=is_last and _is_confirmed(runs, run.episode),
            failed=is_last and run.episode in failed,
            stars=stars.get(run.episode, 0) if is_last else 0,
        )
        search = _step(run, AgentStep.Kind.RETRIEVE)
        if is_right is None or search is None or not search.output.get("features"):
            continue
        shown, said = float(search.confidence or 0.0), float(answer.confidence or 0.0)
        outcome = calibration.outcome_of(search.output["features"], shown, said, is_right=is_right)
        if outcome is not None:
            yield run, outcome


def _was_right(following: Sequence[AgentRun], *, confirmed: bool, failed: bool, stars: int) -> bool | None:
    """Judge an answer; what speaks against it counts first."""
    did_not_help = any(
        step.kind == AgentStep.Kind.UNDERSTAND and step.input.get("act") == "not_helpful"
        for run in following
        for step in run.steps.all()
    )
    if did_not_help or failed or 0 < stars <= BAD_STARS:
        return False
    return True if confirmed or stars >= GOOD_STARS else None


def _factual_answer(run: AgentRun) -> AgentStep | None:
    step = _step(run, AgentStep.Kind.ANSWER)
    return step if step and step.state == AgentStep.State.DONE and step.input.get("is_factual") else None


def _is_confirmed(runs: Sequence[AgentRun], episode: int) -> bool:
    return any(
        step.kind == AgentStep.Kind.RESOLVE and step.input.get("ledger") == Ticket.Ledger.CONFIRMED
        for run in runs
        if run.episode == episode
        for step in run.steps.all()
    )


def _step(run: AgentRun, kind: str) -> AgentStep | None:
    """Give the last step of a kind."""
    return max((step for step in run.steps.all() if step.kind == kind), key=lambda step: step.index, default=None)
