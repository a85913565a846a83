"""Looking through all articles, and what becomes of what was found."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from accounts.tests.factories import UserFactory
from knowledge.errors import CheckRunningError, FindingDecidedError
from knowledge.models import AnswerUse, Article, Finding, HygieneCheck, Revision, SourceDocument
from knowledge.services import articles, feedback, hygiene, ingestion
from knowledge.tests.factories import SourceFactory, publish_text
from supportai.core import clock
from supportai.core.actors import SYSTEM, Actor

pytestmark = pytest.mark.django_db

REFUND = "A refund goes back to the card that was charged. It takes up to five business days until your bank shows it."


@pytest.fixture
def twins() -> tuple[Article, Article]:
    pair = publish_text("Refunds", REFUND), publish_text("How do I get my money back?", REFUND)
    ingestion.index_waiting()
    return pair


def look() -> HygieneCheck:
    check = hygiene.start_check()
    assert hygiene.run_check(check.pk)
    check.refresh_from_db()
    return check


def age(article: Article, days: int) -> None:
    Revision.objects.filter(article=article).update(created_at=clock.now() - timedelta(days=days))


def used(article: Article, ending: str, count: int) -> None:
    for number in range(count):
        AnswerUse.objects.create(
            article=article, origin=f"ticket:{ending}-{number}:1", ending=ending, answered_at=clock.now()
        )


def stale() -> list[str]:
    return list(Finding.objects.filter(kind="stale", state="open").values_list("why", flat=True))


def test_duplicates_are_kept_with_both_passages(twins):
    check = look()
    finding = Finding.objects.get()
    assert (finding.kind, finding.state, finding.quote, finding.other_quote) == ("duplicate", "open", REFUND, REFUND)
    assert {finding.article, finding.other} == set(twins)
    assert (check.state, check.done, check.total, check.found, check.percent) == ("done", 2, 2, 1, 100)


def test_a_contradiction_names_both_sentences(twins):
    articles.revise_article(
        article_id=twins[1].pk, title=twins[1].title, body=REFUND.replace("five", "ten"), actor=SYSTEM
    )
    ingestion.index_waiting()
    look()
    finding = Finding.objects.get()
    assert finding.kind == "contradiction"
    assert "ten business days" in finding.why
    assert "five business days" in finding.why


def test_looking_again_finds_nothing_new(twins):
    look()
    assert look().found == 0
    assert Finding.objects.count() == 1


def test_what_was_dismissed_stays_so_until_a_text_changes(twins):
    look()
    hygiene.decide(
        finding_id=Finding.objects.get().pk, state=Finding.State.DISMISSED, actor=Actor.staff(UserFactory().pk)
    )
    look()
    assert Finding.objects.get().state == "dismissed"
    articles.revise_article(article_id=twins[1].pk, title="Money back", body=f"{REFUND} Ask us.", actor=SYSTEM)
    ingestion.index_waiting()
    look()
    assert list(Finding.objects.filter(state="open").values_list("other_quote", flat=True)) != []


def test_what_is_called_done_and_is_not_comes_back(twins):
    look()
    hygiene.decide(finding_id=Finding.objects.get().pk, state=Finding.State.DONE, actor=SYSTEM)
    look()
    assert Finding.objects.get().state == "open"


def test_what_was_put_right_is_done_by_itself(twins):
    look()
    articles.archive_article(article_id=twins[1].pk)
    look()
    finding = Finding.objects.get()
    assert (finding.state, finding.decided_by) == ("done", None)


def test_a_finding_is_decided_once(twins):
    look()
    finding = Finding.objects.get()
    hygiene.decide(finding_id=finding.pk, state=Finding.State.DISMISSED, actor=SYSTEM)
    with pytest.raises(FindingDecidedError):
        hygiene.decide(finding_id=finding.pk, state=Finding.State.DONE, actor=SYSTEM)
    assert hygiene.reopen(finding_id=finding.pk).state == "open"


def test_an_article_that_has_ended_is_stale():
    article = publish_text("Summer offer", "Until the end of summer everything costs less.")
    Article.objects.filter(pk=article.pk).update(valid_until=clock.today() - timedelta(days=1))
    look()
    assert "nobody reads it any more" in stale()[0]


def test_an_article_whose_document_is_gone_is_stale():
    source = SourceFactory(name="Docs")
    article = publish_text("Limits", "A project has up to ten boards.", source=source)
    SourceDocument.objects.create(source=source, external_id="limits.md", article=article, state="missing")
    look()
    assert stale() == ["limits.md is no longer in Docs, and the article is still published."]


@pytest.mark.parametrize(
    ("days", "good", "bad", "is_found"), [(200, 1, 6, True), (30, 1, 6, False), (200, 20, 4, False), (200, 0, 2, False)]
)
def test_an_old_article_whose_answers_go_badly_is_stale(days, good, bad, is_found):
    article = publish_text("Limits", "A project has up to ten boards.")
    age(article, days)
    used(article, "confirmed", good)
    used(article, "returned", bad)
    look()
    assert bool(stale()) == is_found


def voted(article: Article, *, helped: int = 0, did_not: int = 0, words: str = "") -> None:
    """Let readers vote on the text that the article has now; the limits by address are forgotten before."""
    cache.clear()
    for number in range(helped + did_not):
        feedback.give_feedback(
            article=article,
            visitor=f"{article.current_revision_id}-{number}",
            address=f"192.0.2.{number}",
            is_helpful=number < helped,
            words="" if number < helped else words,
        )


@pytest.mark.parametrize(
    ("helped", "did_not", "is_found"),
    [
        (0, 5, True),
        (1, 8, True),
        (3, 11, True),
        (0, 4, False),
        (1, 5, False),
        (10, 11, False),
        (30, 20, False),
        (9, 0, False),
    ],
)
def test_an_article_that_most_readers_vote_down_beyond_doubt_may_be_out_of_date(helped, did_not, is_found):
    voted(publish_text("Limits", "A project has up to ten boards."), helped=helped, did_not=did_not)
    look()
    assert bool(stale()) == is_found


def test_the_finding_says_how_readers_voted_and_how_many_wrote_why():
    article = publish_text("Limits", "A project has up to ten boards.")
    voted(article, helped=1, did_not=8, words="It is twelve now.")
    look()
    today = f"{article.current_revision.created_at:%-d %B %Y}"
    assert stale() == [
        f"Of 9 readers who voted on its text of {today}, 8 say that it did not help. 8 of them wrote why; the article's "
        "page shows it."
    ]
    finding = Finding.objects.get()
    assert (finding.article, finding.other, finding.quote) == (article, None, "A project has up to ten boards.")
    assert finding.score == pytest.approx(8 / 9)


def test_votes_on_an_earlier_text_do_not_count_for_the_present_one():
    article = publish_text("Limits", "A project has up to ten boards.")
    voted(article, did_not=9)
    look()
    assert len(stale()) == 1
    articles.revise_article(article_id=article.pk, title="Limits", body="A project has up to twelve.", actor=SYSTEM)
    look()
    assert stale() == []
    assert Finding.objects.get().state == "done"
    article.refresh_from_db()
    voted(article, did_not=5)
    look()
    assert len(stale()) == 1


def test_votes_that_somebody_dismissed_stay_dismissed_while_more_come_in():
    article = publish_text("Limits", "A project has up to ten boards.")
    voted(article, did_not=5)
    look()
    hygiene.decide(finding_id=Finding.objects.get().pk, state=Finding.State.DISMISSED, actor=SYSTEM)
    voted(article, did_not=9)
    look()
    assert stale() == []


def test_an_article_that_readers_do_not_see_is_left_alone():
    article = publish_text("Limits", "A project has up to ten boards.")
    voted(article, did_not=9)
    articles.archive_article(article_id=article.pk)
    look()
    assert stale() == []


def test_one_check_at_a_time():
    hygiene.start_check()
    with pytest.raises(CheckRunningError):
        hygiene.start_check()


def test_a_check_that_breaks_says_why_and_keeps_what_was_found(twins, monkeypatch):
    look()
    monkeypatch.setattr(hygiene.comparing, "compare", lambda *_args: 1 / 0)
    check = hygiene.start_check()
    assert not hygiene.run_check(check.pk)
    check.refresh_from_db()
    assert (check.state, check.failure) == ("failed", "ZeroDivisionError: division by zero")
    assert Finding.objects.get().state == "open"


def test_a_check_whose_worker_was_lost_is_taken_up_and_given_up_in_the_end():
    check = hygiene.start_check()
    assert hygiene.due_checks() == []
    with clock.moved(timedelta(seconds=20)):
        assert hygiene.due_checks() == [check.pk]
    for attempts, due in ((1, [check.pk]), (hygiene.MAX_ATTEMPTS, [])):
        HygieneCheck.objects.filter(pk=check.pk).update(state="running", attempts=attempts)
        with clock.moved(timedelta(minutes=5)):
            assert hygiene.due_checks() == due
    check.refresh_from_db()
    assert check.state == "failed"


def test_two_workers_do_not_do_the_same_check():
    check = hygiene.start_check()
    assert hygiene.run_check(check.pk)
    assert not hygiene.run_check(check.pk)


def test_the_night_brings_one_check_and_a_fresh_installation_waits_for_its_articles():
    assert not hygiene.start_nightly()
    publish_text("Limits", "A project has up to ten boards.")
    assert not hygiene.start_nightly()
    ingestion.index_waiting()
    assert not hygiene.start_nightly()
    with clock.moved(timedelta(minutes=11)):
        assert hygiene.start_nightly()
        HygieneCheck.objects.update(state="done")
    with clock.moved(timedelta(days=1, minutes=12)):
        assert hygiene.start_nightly()
        assert not hygiene.start_nightly()


def test_the_lower_bound_is_wilsons():
    assert hygiene.lower_bound(0, 0) == 0.0
    assert hygiene.lower_bound(8, 10) == pytest.approx(0.4902, abs=1e-4)
