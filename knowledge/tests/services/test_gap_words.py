"""How long the words of gaps live."""

from datetime import timedelta

import numpy as np
import pytest
from django.db.models import ProtectedError

from accounts.tests.factories import ContactFactory, UserFactory
from knowledge.models import Gap, GapQuestion, HelpSettings
from knowledge.services import gap_words, gaps
from knowledge.tests.services.test_gaps import DARK, note
from supportai.core import clock
from supportai.core.actors import Actor
from supportai.core.models import OutboxEvent
from supportai.tasks import forget_old_searches
from tickets.tests.factories import TicketFactory

pytestmark = pytest.mark.django_db
SECRET = "How do I turn on dark mode for Zebulon Quartermain?"


def search(text: str, *, days_ago: int = 0) -> Gap:
    with clock.moved(-timedelta(days=days_ago)):
        return gaps.note_search(question=text, probability=0.1)


def mean_of(gap: Gap) -> np.ndarray:
    return np.frombuffer(bytes(gap.vector_sum), np.float32) / gap.question_count


# --- Erasure ---------------------------------------------------------------------------------------
def test_deleting_a_contact_takes_their_words_and_leaves_the_count():
    contact = ContactFactory()
    note(SECRET, contact_id=contact.pk)
    note(DARK[0])
    gap = note(DARK[1])
    contact.delete()
    gap.refresh_from_db()
    erased = GapQuestion.objects.get(text="")
    assert (gap.question_count, gap.questions.count()) == (3, 3)
    assert (bytes(erased.vector), erased.contact) == (b"", None)
    assert gap.title in DARK
    assert not GapQuestion.objects.filter(text__contains="Zebulon").exists()


def test_what_is_left_decides_alone_what_joins_the_gap():
    contact = ContactFactory()
    note(SECRET, contact_id=contact.pk)
    gap = note(DARK[0])
    contact.delete()
    gap.refresh_from_db()
    left = np.frombuffer(bytes(GapQuestion.objects.get(text=DARK[0]).vector), np.float32)
    assert np.allclose(mean_of(gap), left, atol=1e-6)
    assert note(DARK[1]) == gap


def test_an_open_gap_of_erased_words_alone_is_gone():
    contact = ContactFactory()
    note(SECRET, contact_id=contact.pk)
    contact.delete()
    assert not Gap.objects.exists()


def test_a_decided_gap_of_erased_words_alone_keeps_the_decision_without_the_words():
    contact = ContactFactory()
    gap = note(SECRET, contact_id=contact.pk)
    gaps.dismiss(gap_id=gap.pk, actor=Actor.staff(UserFactory().pk))
    contact.delete()
    gap.refresh_from_db()
    assert (gap.state, gap.title, gap.question_count) == ("dismissed", gap_words.ERASED, 1)
    assert not np.frombuffer(bytes(gap.vector_sum), np.float32).any()
    assert note(DARK[0]) != gap


def test_a_title_that_staff_wrote_is_theirs():
    contact = ContactFactory()
    gap = note(SECRET, contact_id=contact.pk)
    gaps.rename(gap_id=gap.pk, title="Dark mode")
    contact.delete()
    assert Gap.objects.get().title == "Dark mode"


def test_an_erased_question_is_neither_asked_again_nor_noted_again():
    contact = ContactFactory()
    note(SECRET, origin="ticket:a:1", contact_id=contact.pk)
    gap = note(DARK[0])
    contact.delete()
    assert gaps.check(gap.pk).state == "open"
    assert note(SECRET, origin="ticket:a:1") == gap
    assert not GapQuestion.objects.filter(text__contains="Zebulon").exists()


def test_other_contacts_keep_their_words():
    kept = ContactFactory()
    note(DARK[0], contact_id=kept.pk)
    ContactFactory().delete()
    assert GapQuestion.objects.get().contact == kept


# --- Searches expire -------------------------------------------------------------------------------
def test_searches_go_after_their_time_and_counts_follow():
    search(DARK[0], days_ago=181)
    gap = search(DARK[1], days_ago=10)
    note(DARK[2])
    assert gap_words.expire_searches() == 1
    gap.refresh_from_db()
    assert gap.question_count == gap.questions.count() == 2
    assert gap.first_asked_at == gap.questions.get(text=DARK[1]).asked_at
    assert np.allclose(
        mean_of(gap),
        np.mean([np.frombuffer(bytes(q.vector), np.float32) for q in gap.questions.all()], axis=0),
        atol=1e-6,
    )


def test_an_open_gap_that_nobody_searches_any_more_is_gone():
    search(DARK[0], days_ago=181)
    forget_old_searches.call_local()
    assert not Gap.objects.exists()


def test_conversations_do_not_expire_with_searches():
    note(DARK[0], at=clock.now() - timedelta(days=900))
    assert gap_words.expire_searches() == 0
    assert GapQuestion.objects.count() == 1


def test_a_dismissed_gap_stays_dismissed_when_it_is_searched_again_after_its_words_expired():
    gap = search(DARK[0], days_ago=181)
    gaps.dismiss(gap_id=gap.pk, actor=Actor.staff(UserFactory().pk))
    gap_words.expire_searches()
    gap.refresh_from_db()
    assert gap.title == gap_words.ERASED
    assert search(DARK[0]) == gap
    gap.refresh_from_db()
    assert (gap.state, gap.question_count) == ("dismissed", 1)
    assert np.isclose(np.linalg.norm(mean_of(gap)), 1.0, atol=1e-3)


def test_the_settings_say_how_long_and_zero_keeps_nothing():
    HelpSettings.objects.create(searches_kept_days=7)
    search(DARK[0], days_ago=8)
    search("Can we pay by bank transfer?", days_ago=6)
    assert gap_words.expire_searches() == 1
    HelpSettings.objects.update(searches_kept_days=0)
    gaps.report_search(query="Do you ship to Norway?", probability=0.1)
    assert not OutboxEvent.objects.filter(name__endswith="SearchUnanswered").exists()
    assert gap_words.expire_searches() == 1


def test_expiring_twice_changes_nothing():
    search(DARK[0], days_ago=181)
    note(DARK[1])
    gap_words.expire_searches()
    before = Gap.objects.values().get()
    assert gap_words.expire_searches() == 0
    assert Gap.objects.values().get() == before


def test_a_contact_with_a_ticket_cannot_be_deleted_and_keeps_its_words():
    ticket = TicketFactory()
    note(DARK[0], contact_id=ticket.contact_id)
    with pytest.raises(ProtectedError):
        ticket.contact.delete()
    assert GapQuestion.objects.get().text
