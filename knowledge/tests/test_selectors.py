import pytest

from accounts.tests.factories import UserFactory
from knowledge import selectors
from knowledge.models import Suggestion
from knowledge.services import learning
from knowledge.tests.factories import ObservationFactory, SuggestionFactory
from supportai.core.actors import Actor

pytestmark = pytest.mark.django_db


def test_what_was_seen_most_waits_first():
    rare, often = SuggestionFactory(), SuggestionFactory(support_count=3)
    ObservationFactory(suggestion=often)
    assert list(selectors.waiting_suggestions()) == [often, rare]


def test_decided_suggestions_leave_the_waiting_list():
    actor = Actor.staff(UserFactory().pk)
    approved, rejected = SuggestionFactory(), SuggestionFactory(title="Other")
    learning.approve(suggestion_id=approved.pk, actor=actor)
    learning.reject(suggestion_id=rejected.pk, actor=actor)
    assert not selectors.waiting_suggestions().exists()
    assert list(selectors.learned_articles()) == [approved]
    assert set(selectors.decided_suggestions()) == {approved, rejected}
    counts = selectors.suggestion_counts()
    assert (counts["approved"], counts["rejected"], counts["open"]) == (1, 1, 0)
    assert set(counts) == set(Suggestion.State.values)
