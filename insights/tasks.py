"""Queue entries of insights: they take ids, are safe to run twice, and hold no rules."""

from datetime import date

from huey.contrib.djhuey import db_task

from insights.services import article_uses
from supportai.core import clock

_made_up_on: list[date] = []


@db_task(retries=2, retry_delay=10)
def record_article_uses(ticket_ids: list[int]) -> None:
    """Write down how the conversations of these tickets went for the articles quoted in them."""
    for ticket_id in ticket_ids:
        article_uses.record_uses(ticket_id)


def make_up_for_lost_uses(batch: int = 100) -> int:
    """Once a day and process, write down again what the last days brought: a lost task costs a day at most."""
    today = clock.today()
    if _made_up_on == [today]:
        return 0
    _made_up_on[:] = [today]
    due = article_uses.due_tickets()
    for start in range(0, len(due), batch):
        record_article_uses(due[start : start + batch])
    return len(due)
