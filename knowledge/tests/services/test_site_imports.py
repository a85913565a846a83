from datetime import timedelta

import pytest

from knowledge import tasks
from knowledge.crawling import CrawledPage, CrawlSummary, FailedPage, GonePage, SkippedPage, UnchangedPage
from knowledge.models import Article, ImportRun, Source
from knowledge.services import importing, sources
from knowledge.tests.factories import SourceFactory
from knowledge.tests.services.importing_helpers import State, carry_out, document
from supportai.core import clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kept_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


# --- Sites -------------------------------------------------------------------------------------

SITE = "https://help.example.com/"


def site(**fields):
    return SourceFactory(kind=Source.Kind.SITE, start_url=SITE, **fields)


def page(name, text="Text.", **fields):
    return CrawledPage(
        url=SITE + name, title=name.title(), body=f"{name}: {text}", etag=f'"{name}"', last_modified="", links=(SITE,),
        content_hash=name + text, language="de", **fields,
    )  # fmt: skip


def whole(*names):
    return CrawlSummary(is_complete=True, reason="", seen=frozenset(SITE + name for name in names))


@pytest.fixture
def crawls(monkeypatch):
    """Let the next crawls give these events; remembers what each was told."""
    told = []

    def give(*crawled):
        left = list(crawled)

        def crawl(settings, known, *, sleep):
            told.append((settings, dict(known)))
            yield from left.pop(0)

        monkeypatch.setattr("knowledge.crawling.crawler.crawl", crawl)
        return told

    return give


def test_a_site_becomes_articles_and_is_asked_with_what_is_known(crawls):
    told = crawls([page("a"), page("b"), whole("a", "b")], [
        UnchangedPage(url=f"{SITE}a", etag='"new"', last_modified="", links=()), page("b", "New."), whole("a", "b"),
    ])  # fmt: skip
    source = site(include_patterns="/docs/*\n/help/*", max_pages=9)
    run = carry_out(source)
    article = document(f"{SITE}a").article
    assert (run.created_count, article.origin, article.language) == (2, Article.Origin.CRAWL, "de")
    again = carry_out(source)
    assert (again.unchanged_count, again.updated_count) == (1, 1)
    settings, known = told[1]
    assert (settings.address, settings.include, settings.max_pages) == (SITE, ("/docs/*", "/help/*"), 9)
    assert known[f"{SITE}a"].etag == '"a"'
    assert known[f"{SITE}a"].links == (SITE,)
    assert document(f"{SITE}a").etag == '"new"'


def test_a_page_that_is_gone_archives_its_article_once_the_crawl_is_complete(crawls):
    crawls(
        [page("a"), page("b"), page("c"), whole("a", "b", "c")],
        [page("a"), page("b"), GonePage(url=f"{SITE}c"), whole("a", "b")],
    )
    source = site()
    carry_out(source)
    assert carry_out(source).archived_count == 1
    assert document(f"{SITE}c").state == State.GONE


def test_a_crawl_that_breaks_off_archives_only_what_the_site_says_is_gone(crawls):
    broken = CrawlSummary(is_complete=False, reason="The site stopped answering.", seen=frozenset())
    crawls([page("a"), page("b"), page("c"), whole("a", "b", "c")], [page("a"), GonePage(url=f"{SITE}c"), broken])
    source = site()
    carry_out(source)
    run = carry_out(source)
    assert (run.state, run.archived_count) == (ImportRun.State.DONE, 1)
    assert (document(f"{SITE}b").article.is_published, document(f"{SITE}c").article.is_published) == (True, False)
    assert run.warning.endswith("only pages that the site says are gone were archived: The site stopped answering.")
    source.refresh_from_db()
    assert source.state == Source.State.STALE


def test_a_broken_site_that_says_most_pages_are_gone_archives_nothing(crawls):
    broken = CrawlSummary(is_complete=False, reason="The site stopped answering.", seen=frozenset())
    gone = [GonePage(url=f"{SITE}{name}") for name in "bc"]
    crawls([page("a"), page("b"), page("c"), whole("a", "b", "c")], [page("a"), *gone, broken])
    source = site()
    carry_out(source)
    run = carry_out(source)
    assert run.archived_count == 0
    assert document(f"{SITE}c").state == State.MISSING
    assert "2 of 3 documents are gone" in run.warning


def test_a_site_of_which_nothing_can_be_read_fails_and_keeps_what_is_there(crawls):
    refused = CrawlSummary(is_complete=False, reason="robots.txt forbids it.", seen=frozenset())
    crawls([page("a"), whole("a")], [FailedPage(url=SITE, reason="Forbidden."), refused])
    source = site()
    carry_out(source)
    run = carry_out(source)
    assert (run.state, run.failure) == (ImportRun.State.FAILED, "robots.txt forbids it.")
    assert document(f"{SITE}a").article.is_published
    assert document(SITE).reason == "Forbidden."


def test_a_crawl_that_waits_keeps_its_claim_and_hears_a_stop(monkeypatch):
    monkeypatch.setattr(importing, "REPORT_SECONDS", 0)
    source = site()
    leases = []

    def crawl(settings, known, *, sleep):
        ImportRun.objects.update(running_until=clock.now())
        sleep(0)
        leases.append(ImportRun.objects.get().running_until - clock.now() > timedelta(minutes=4))
        sources.stop_import(source_id=source.pk, name="Ann")
        sleep(0)
        yield page("never")

    monkeypatch.setattr("knowledge.crawling.crawler.crawl", crawl)
    assert carry_out(source).failure.startswith("Stopped by Ann.")
    assert leases == [True]
    assert not Article.objects.exists()


def test_pages_left_out_are_listed_with_the_reason(crawls):
    crawls([page("a"), SkippedPage(url=f"{SITE}x", reason="robots.txt forbids it."), whole("a")])
    carry_out(site())
    assert (document(f"{SITE}x").state, document(f"{SITE}x").reason) == (
        State.SKIPPED,
        "Left out: robots.txt forbids it.",
    )


def test_a_site_is_read_again_when_its_schedule_says_so(crawls):
    crawls([page("a"), whole("a")])
    source = site(refresh=Source.Refresh.DAILY)
    site(refresh=Source.Refresh.NEVER)
    assert sources.request_due_refreshes() == 1
    run = ImportRun.objects.get()
    assert (run.source, run.trigger) == (source, ImportRun.Trigger.SCHEDULE)
    tasks.import_source.call_local(run.pk)
    assert sources.request_due_refreshes() == 0
    with clock.moved(timedelta(days=1, minutes=1)):
        assert sources.request_due_refreshes() == 1
