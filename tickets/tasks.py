"""Queue entries of tickets: they take ids, are safe to run twice, and hold no rules."""

from huey.contrib.djhuey import db_task

from tickets.selectors_agent import agent_settings
from tickets.services import lifecycle, runs


@db_task()
def work_on_run(run_id: int) -> None:
    """Let the AI agent work on a run."""
    # Imported when first needed: the agent pulls in every connector, which no web page needs.
    from tickets.agent.loop import run_agent

    run_agent(run_id)


@db_task(retries=3, retry_delay=5)
def learn_from_ticket(ticket_id: int, episode: int) -> None:
    """Draft a suggestion from the human answer of a resolved episode."""
    from tickets.services import learning

    learning.learn_from(ticket_id=ticket_id, episode=episode)


@db_task(retries=3, retry_delay=5)
def note_gap_of_handoff(handoff_id: int) -> None:
    """Note the question of a hand-off that a missing article caused."""
    from tickets.services import gaps

    gaps.note_handoff(handoff_id=handoff_id)


@db_task(retries=3, retry_delay=30)
def note_gap_of_answer(ticket_id: int, episode: int) -> None:
    """Note the question of a resolved episode that a person answered and no article did."""
    from tickets.services import gaps

    gaps.note_answer(ticket_id=ticket_id, episode=episode)


def enqueue_due_runs() -> int:
    """Enqueue again what waits for a worker; a lost task costs one sweep."""
    due = runs.due_runs()
    for run_id in due:
        work_on_run(run_id)
    return len(due)


def resolve_silent_tickets() -> int:
    """Resolve answered tickets whose silence window is over."""
    return lifecycle.resolve_silent(silence=agent_settings().silence)
