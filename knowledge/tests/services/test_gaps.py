"""Questions without a good answer, grouped by meaning."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from accounts.tests.factories import ContactFactory, UserFactory
from knowledge import selectors_gaps
from knowledge.errors import GapSettledError
from knowledge.models import Gap, GapQuestion, Suggestion
from knowledge.services import articles, gaps, ingestion, learning
from knowledge.tests.factories import publish_text
from supportai.core import clock
from supportai.core.actors import Actor
from supportai.core.errors import InvalidInputError
from supportai.core.models import OutboxEvent

pytestmark = pytest.mark.django_db

HANDED_OFF = GapQuestion.Kind.HANDED_OFF
DARK = (
    "Is there a dark mode in the app?",
    "Can I switch the app to dark mode?",
    "How do I turn on dark mode in the app?",
)


def note(text: str, *, origin: str = "", at: datetime | None = None, probability: float | None = 0.1, **fields):
    return gaps.note(
        question=text,
        origin=origin or f"ticket:{text}:1",
        kind=HANDED_OFF,
        asked_at=at or clock.now(),
        probability=probability,
        **fields,
    )


def dark_gap() -> Gap:
    for text in DARK:
        note(text)
    return Gap.objects.get()


def cover(gap: Gap, title: str = "Dark mode"):
    """Publish an article that answers, a second after the questions."""
    with clock.moved(timedelta(seconds=1)):
        article = publish_text(
            title, "You can switch the app to dark mode. Open **Settings**, choose Appearance, then turn on dark mode."
        )
        ingestion.index_waiting()
        checked = gaps.check(gap.pk)
    return article, checked


def test_the_same_question_in_other_words_is_one_gap():
    gap = dark_gap()
    assert (gap.question_count, gap.state) == (3, "open")
    assert gap.title in DARK


def test_another_question_is_another_gap():
    dark_gap()
    note("Can we pay by bank transfer instead of a credit card?")
    assert sorted(Gap.objects.values_list("question_count", flat=True)) == [1, 3]


def test_groups_are_joined_by_the_mean_of_all_and_not_by_one_neighbour(monkeypatch):
    """Three questions in a row, each near the next: the last is far from the first and stays out."""
    angles = iter((0.0, 0.6, 1.2))
    monkeypatch.setattr(gaps, "embed", lambda _texts: [np.array([np.cos(a := next(angles)), np.sin(a)], np.float32)])
    for text in ("one two three", "four five six", "seven eight nine"):
        note(text)
    assert sorted(Gap.objects.values_list("question_count", flat=True)) == [1, 2]


def test_groups_that_grow_together_become_one_and_keep_the_planned_one(monkeypatch):
    angles = iter((0.0, 1.0, 0.5))
    monkeypatch.setattr(gaps, "embed", lambda _texts: [np.array([np.cos(a := next(angles)), np.sin(a)], np.float32)])
    note("one two three")
    second = note("four five six")
    gaps.plan(gap_id=second.pk, actor=Actor.staff(UserFactory().pk))
    monkeypatch.setattr(gaps, "SAME_GAP", 0.6)
    assert note("seven eight nine") == second
    second.refresh_from_db()
    assert (Gap.objects.count(), second.question_count, second.state) == (1, 3, "planned")
    assert second.questions.count() == 3


def test_an_origin_counts_once():
    note(DARK[0], origin="ticket:a:1")
    note(DARK[0], origin="ticket:a:1")
    assert GapQuestion.objects.count() == 1


def test_personal_data_and_greetings_are_left_out():
    note("Hi there,\nhow can jo@example.com log in with the password: hunter2 on a phone? Thanks!")
    text = GapQuestion.objects.get().text
    assert "jo@example.com" not in text
    assert "hunter2" not in text
    assert not text.startswith("Hi")


def test_too_few_words_are_no_question():
    assert note("help please") is None
    assert Gap.objects.count() == 0


def test_without_a_probability_articles_are_asked_first():
    publish_text("Dark mode", "You can switch the app to dark mode. Open Settings, then Appearance, and turn it on.")
    ingestion.index_waiting()
    assert note("How do I switch the app to dark mode?", probability=None) is None
    assert note("Do you ship printed invoices to Norway?", probability=None) is not None


def test_people_and_companies_are_counted_once_each():
    contact = ContactFactory()
    for number, text in enumerate(DARK):
        asker = contact if number < 2 else ContactFactory(organization=contact.organization)
        note(text, contact_id=asker.pk, organization_id=asker.organization_id)
    gap = selectors_gaps.gaps().get()
    assert (gap.question_count, gap.contact_count) == (3, 2)
    assert gap.organization_count == len({contact.organization_id} - {None})


def test_a_published_article_that_answers_covers_the_gap():
    article, gap = cover(dark_gap())
    assert (gap.state, gap.article) == ("covered", article)


def test_an_article_about_something_else_covers_nothing():
    gap = dark_gap()
    with clock.moved(timedelta(seconds=1)):
        publish_text("Bank transfers", "You can pay by bank transfer. Send the money to the account on your invoice.")
        ingestion.index_waiting()
        assert gaps.check(gap.pk).state == "open"


def test_an_article_that_was_there_before_covers_nothing():
    publish_text("Dark mode", "You can switch the app to dark mode. Open Settings, then Appearance, and turn it on.")
    ingestion.index_waiting()
    with clock.moved(timedelta(minutes=1)):
        gap = note(DARK[1])
        assert gaps.check(gap.pk).state == "open"


def test_asked_again_after_it_was_covered_it_opens():
    _article, gap = cover(dark_gap())
    before = note(DARK[0], origin="late", at=gap.covered_at - timedelta(hours=1))
    assert before.state == "covered"
    again = note(DARK[1], origin="new", at=gap.covered_at + timedelta(hours=1))
    assert (again.pk, again.state, again.article) == (gap.pk, "open", None)
    assert again.reopened_at


def test_it_opens_when_its_article_goes():
    article, gap = cover(dark_gap())
    articles.archive_article(article_id=article.pk)
    ingestion.index_waiting()
    assert gaps.check(gap.pk).state == "open"


def test_a_change_of_articles_asks_once_the_index_has_followed(django_capture_on_commit_callbacks):
    gap = dark_gap()
    assert gaps.due_checks() == []
    with django_capture_on_commit_callbacks(execute=True):
        publish_text("Bank transfers", "You can pay by bank transfer.")
    gap.refresh_from_db()
    assert gap.wants_check
    ingestion.index_waiting()
    assert gaps.due_checks() == [gap.pk]
    assert gaps.due_checks() == []
    gaps.check(gap.pk)
    with clock.moved(timedelta(minutes=5)):
        assert gaps.due_checks() == []


def test_nothing_is_asked_while_articles_wait_for_the_index():
    dark_gap()
    publish_text("Bank transfers", "You can pay by bank transfer.")
    gaps.want_checks()
    assert gaps.due_checks() == []


def test_a_check_that_breaks_is_not_forgotten(monkeypatch):
    gap = dark_gap()
    gaps.want_checks()
    monkeypatch.setattr(gaps, "ask", lambda *_args, **_kw: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        gaps.check(gap.pk)
    gap.refresh_from_db()
    assert gap.wants_check


def test_a_dismissed_gap_counts_on_and_stays_dismissed():
    gap = dark_gap()
    lead = UserFactory()
    gaps.dismiss(gap_id=gap.pk, actor=Actor.staff(lead.pk), reason=" not planned ")
    again = note("Is there a dark mode for the app?")
    assert (again.pk, again.state, again.question_count) == (gap.pk, "dismissed", 4)
    assert (again.owner, again.reason) == (lead, "not planned")


def test_what_is_settled_is_not_planned_until_it_is_reopened():
    gap = dark_gap()
    actor = Actor.staff(UserFactory().pk)
    gaps.dismiss(gap_id=gap.pk, actor=actor)
    with pytest.raises(GapSettledError):
        gaps.plan(gap_id=gap.pk, actor=actor)
    assert gaps.reopen(gap_id=gap.pk).owner is None
    assert gaps.plan(gap_id=gap.pk, actor=actor).state == "planned"


def test_a_title_of_ones_own_stays():
    gap = dark_gap()
    gaps.rename(gap_id=gap.pk, title="  Dark   mode ")
    assert note("Is there a dark mode for the app?").title == "Dark mode"
    with pytest.raises(InvalidInputError):
        gaps.rename(gap_id=gap.pk, title=" ")


def test_a_search_without_an_answer_is_noted_once_a_day(django_capture_on_commit_callbacks):
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            gaps.report_search(query="Do you have a dark mode? Write to jo@example.com", probability=0.2)
    asked = GapQuestion.objects.get()
    assert (asked.kind, asked.contact) == ("searched", None)
    assert "jo@example.com" not in str(OutboxEvent.objects.values_list("payload", flat=True))


def test_searches_with_an_answer_or_of_a_word_are_not_noted():
    gaps.report_search(query="Do you have a dark mode?", probability=0.8)
    gaps.report_search(query="dark", probability=0.1)
    assert not OutboxEvent.objects.exists()


def test_a_machine_that_searches_does_not_fill_the_table(monkeypatch):
    monkeypatch.setattr(gaps, "MOST_SEARCHES_A_DAY", 1)
    gaps.note_search(question="Do you have a dark mode?", probability=0.2)
    gaps.report_search(query="Do you ship to Norway these days?", probability=0.2)
    assert not OutboxEvent.objects.exists()


@pytest.mark.parametrize(
    ("days", "word"),
    [
        ((40, 3, 3, 3), "rising"),
        ((40, 20, 20, 20), "falling"),
        ((1, 1), "new"),
        ((60,), "quiet"),
        ((40, 20, 20, 3, 3), "steady"),
    ],
)
def test_the_trend_compares_two_weeks_with_the_two_before(days, word):
    for number, back in enumerate(days):
        gap = note(DARK[1], origin=f"ticket:{number}:1", at=clock.now() - timedelta(days=back))
    assert selectors_gaps.trend_of(gap).word == word
    assert sum(selectors_gaps.trend_of(gap).weeks) == len(days)


def test_a_draft_from_the_same_conversation_is_found():
    gap = note(DARK[0], origin="ticket:a:1")
    suggestion = learning.observe(
        question=DARK[0],
        answer="Yes. Open Settings, choose Appearance and turn on dark mode there.",
        origin="ticket:a:1",
    )
    asked = list(gap.questions.all())
    assert selectors_gaps.drafts_for(asked) == {"ticket:a:1": suggestion}
    Suggestion.objects.update(state="rejected", decided_at=clock.now())
    assert selectors_gaps.drafts_for(asked) == {}
