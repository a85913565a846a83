"""Several workers learn at once: PostgreSQL lets them read side by side, so they must take turns."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from knowledge.models import Observation, Suggestion
from knowledge.services import learning

pytestmark = pytest.mark.django_db(transaction=True)
QUESTION = "Can I import invoices from a spreadsheet?"
ANSWER = "Yes. Open Settings, choose Import, and upload the spreadsheet as CSV."


def at_once(*origins: str) -> list[Suggestion]:
    """Observe the same answer for each origin, all at the same time."""

    def observe(origin: str) -> Suggestion:
        try:
            return learning.observe(question=QUESTION, answer=ANSWER, origin=origin)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(origins)) as pool:
        return list(pool.map(observe, origins))


def test_the_same_answer_from_several_tickets_is_one_suggestion():
    at_once(*(f"ticket:{number}:1" for number in range(4)))
    assert Suggestion.objects.get().support_count == 4


def test_one_origin_teaches_once_even_when_it_comes_twice_at_once():
    first, second = at_once("ticket:1:1", "ticket:1:1")
    assert first == second
    assert Observation.objects.count() == 1
