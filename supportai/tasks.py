"""Queue entries of the platform itself."""

from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from supportai.core.api.idempotency import forget_answers
from supportai.core.events import forget_dispatched


@db_periodic_task(crontab(minute="17", hour="3"))
def forget_old_events() -> None:
    """Delete dispatched events past their age once a night, so that the outbox does not grow for ever."""
    forget_dispatched()


@db_periodic_task(crontab(minute="27", hour="3"))
def forget_old_answers() -> None:
    """Delete answers to keys of the API past their day once a night; they hold what customers wrote."""
    forget_answers()


@db_periodic_task(crontab(minute="37", hour="3"))
def recalibrate_answers() -> None:
    """Move the chance of answers by what came of them, once a night."""
    from tickets.services import outcomes

    outcomes.recalibrate()


@db_periodic_task(crontab(minute="47", hour="3"))
def forget_old_searches() -> None:
    """Delete from the gaps what was searched longer ago than the help center's settings keep it, once a night."""
    from knowledge.services import gap_words

    gap_words.expire_searches()
