from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.tests.factories import UserFactory
from knowledge import tasks
from knowledge.crawling import CrawledPage, CrawlSummary, FailedPage, GonePage, SkippedPage, UnchangedPage
from knowledge.documents import ImportedDocument, ImportFailure
from knowledge.errors import NothingToImportError, SourceBusyError
from knowledge.models import Article, ImportRun, Source, SourceDocument, SourceFile
from knowledge.services import articles, importing, source_reading, sources
from knowledge.services.importing import import_documents
from knowledge.tests.factories import SourceFactory
from supportai.core import clock
from supportai.core.actors import SYSTEM, Actor
from supportai.core.errors import InvalidInputError

pytestmark = pytest.mark.django_db

State = SourceDocument.State
FOLDER = "folder"


@pytest.fixture(autouse=True)
def _kept_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def made(*names, text="Open Reports and export."):
    return [ImportedDocument(external_id=name, title=name.title(), body=f"{name}: {text}") for name in names]


def bring(*documents, **options):
    """Import as the command does, from one folder that was read whole."""
    options = {"complete": [FOLDER], **options}
    return import_documents(documents=[(FOLDER, item) for item in documents], source_name="Docs", **options)


def states():
    return dict(SourceDocument.objects.order_by("external_id").values_list("external_id", "state"))


def document(name):
    return SourceDocument.objects.select_related("article").get(external_id=name)


# --- What becomes of each document -------------------------------------------------------------


def test_each_document_has_a_row_with_its_state_and_its_article():
    report = bring(*made("a", "b"), ImportFailure("c.pdf", "It is broken."))
    assert (report.created, report.failed, report.total) == (2, 1, 3)
    assert states() == {"a": State.IMPORTED, "b": State.IMPORTED, "c.pdf": State.FAILED}
    assert document("a").article.title == "A"
    assert document("c.pdf").reason == "It is broken."
    again = bring(*made("a", "b", "c.pdf"))
    assert (again.created, again.unchanged) == (1, 2)
    assert states() == {"a": State.UNCHANGED, "b": State.UNCHANGED, "c.pdf": State.IMPORTED}


def test_a_document_that_cannot_be_read_any_more_keeps_its_article():
    bring(*made("a", "b"))
    bring(*made("a"), ImportFailure("b", "It is broken now."))
    assert document("b").state == State.FAILED
    assert document("b").article.is_published


def test_a_text_that_a_person_edited_is_kept_and_the_document_says_so():
    bring(*made("a"))
    article = document("a").article
    author = UserFactory()
    articles.revise_article(article_id=article.pk, title="A", body="Better words.", actor=Actor.staff(author.pk))
    same = bring(*made("a"))
    assert (same.kept, document("a").state) == (1, State.KEPT)
    assert document("a").reason == "Edited here since the last import; the text here stays."
    bring(*made("a", text="Now different."))
    article.refresh_from_db()
    assert article.current_revision.body == "Better words."
    assert "the document has changed too" in document("a").reason


def test_an_edited_article_follows_again_once_the_imported_text_is_restored():
    bring(*made("a"))
    article = document("a").article
    for body in ("Better words.", "a: Open Reports and export."):
        articles.revise_article(article_id=article.pk, title="A", body=body, actor=SYSTEM)
    assert bring(*made("a", text="Now different.")).updated == 1
    article.refresh_from_db()
    assert article.current_revision.body == "a: Now different."


def test_a_persons_archive_and_a_persons_draft_are_left_as_they_are():
    bring(*made("a", "b"))
    archived, draft = document("a").article, document("b").article
    articles.archive_article(article_id=archived.pk)
    articles.archive_article(article_id=draft.pk)
    articles.restore_article(article_id=draft.pk)
    bring(*made("a", "b", text="Changed."))
    archived.refresh_from_db()
    draft.refresh_from_db()
    assert (archived.state, draft.state) == (Article.State.ARCHIVED, Article.State.DRAFT)
    assert document("a").reason == "Somebody archived the article, so the import leaves it archived."
    assert draft.revisions.count() == 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (ImportedDocument(external_id="x" * 601, title="X", body="x"), "longer than 600"),
        (ImportedDocument(external_id="x", title="X", body="a \ud800 b"), "cannot be stored"),
        (ImportedDocument(external_id="x", title="X", body=" "), "no text"),
    ],
)
def test_what_cannot_be_stored_fails_alone(bad, reason):
    report = bring(bad, *made("a"))
    assert (report.created, report.failed) == (1, 1)
    assert reason in report.failures[0].reason


def test_two_documents_with_one_id_in_one_import_are_not_mixed_up():
    report = bring(*made("a"), *made("a", text="Another."))
    assert (report.created, report.failed) == (1, 1)
    assert "same path or id" in report.failures[0].reason


def test_an_article_of_before_there_were_rows_is_taken_over():
    source = SourceFactory(name="Docs")
    article = articles.create_article(
        title="A", body="Old.", actor=SYSTEM, is_published=True, source=source, external_id="a"
    )
    assert bring(*made("a")).updated == 1
    assert document("a").article == article


def test_odd_languages_and_long_sections_do_not_stop_an_import():
    bring(ImportedDocument(external_id="a", title="A", body="x", language="English (US)", product="p" * 200))
    article = document("a").article
    assert (article.language, len(article.product)) == ("en", 80)


# --- What is gone ------------------------------------------------------------------------------


def test_a_document_that_is_gone_archives_its_article_and_comes_back_with_it():
    bring(*made("a", "b", "c"))
    assert bring(*made("a", "b")).archived == 1
    assert (document("c").state, document("c").article.state) == (State.GONE, Article.State.ARCHIVED)
    assert bring(*made("a", "b", "c", text="Back.")).updated == 3
    assert document("c").article.is_published


def test_a_persons_archive_is_not_undone_when_a_document_goes_and_comes_back():
    bring(*made("a", "b", "c"))
    articles.archive_article(article_id=document("c").article.pk)
    bring(*made("a", "b"))
    bring(*made("a", "b", "c"))
    assert document("c").article.state == Article.State.ARCHIVED


@pytest.mark.parametrize("left", [(), ("a",)])
def test_nothing_is_archived_when_most_is_gone_until_a_person_says_so(left):
    bring(*made("a", "b", "c", "d"))
    report = bring(*made(*left))
    assert report.archived == 0
    assert "Nothing was archived" in report.warning
    source = Source.objects.get()
    assert source.state == Source.State.STALE
    assert Article.objects.filter(state=Article.State.PUBLISHED).count() == 4
    assert document("d").state == State.MISSING
    assert sources.archive_missing(source_id=source.pk) == 4 - len(left)
    source.refresh_from_db()
    assert source.state != Source.State.STALE


def test_another_folder_of_the_source_is_not_touched():
    bring(*made("a", "b", "c"))
    import_documents(documents=[("other", item) for item in made("x")], source_name="Docs", complete=["other"])
    assert Article.objects.filter(state=Article.State.PUBLISHED).count() == 4


def test_of_a_file_with_bad_rows_nothing_is_archived():
    bring(*made("a", "b", "c"))
    bring(*made("a", "b"), ImportFailure("faq.csv, line 3", "The answer is empty.", is_part=True))
    assert document("c").article.is_published


def test_pruning_archives_all_that_is_not_there():
    bring(*made("a", "b", "c"))
    assert bring(*made("a"), complete=[], is_loss_accepted=True).archived == 2


def test_a_failure_that_is_gone_leaves_no_row():
    bring(*made("a"), ImportFailure("b", "Broken."))
    bring(*made("a"))
    assert states() == {"a": State.UNCHANGED}


# --- Uploads -----------------------------------------------------------------------------------


def upload(source, *files):
    found = [SimpleUploadedFile(name, text.encode()) for name, text in files]
    sources.add_files(source_id=source.pk, uploads=found, actor=SYSTEM)


def carry_out(source, **options):
    run = sources.request_import(source_id=source.pk, **options)
    tasks.import_source.call_local(run.pk)
    run.refresh_from_db()
    return run


def test_uploaded_files_are_imported_with_progress_and_counts():
    source = SourceFactory()
    upload(source, ("a.md", "# A\n\nText."), ("faq.csv", "question,answer\nB?,yes\nC?,\n"))
    run = carry_out(source)
    assert (run.state, run.done, run.total) == (ImportRun.State.DONE, 2, 2)
    assert (run.created_count, run.failed_count) == (2, 1)
    source.refresh_from_db()
    assert source.imported_at is not None


def test_a_file_of_the_same_name_takes_the_old_ones_place(django_capture_on_commit_callbacks):
    source = SourceFactory()
    rows = "question,answer\nA?,yes\nB?,yes\nC?,yes\n"
    upload(source, ("faq.csv", rows))
    carry_out(source)
    before = SourceFile.objects.get().file.path
    with django_capture_on_commit_callbacks(execute=True):
        upload(source, ("faq.csv", rows.replace("C?,yes\n", "")))
    run = carry_out(source)
    assert run.archived_count == 1
    assert document("faq.csv#c").state == State.GONE
    assert SourceFile.objects.get().file.path != before


def test_removing_a_file_archives_what_came_from_it():
    source = SourceFactory()
    upload(source, ("a.md", "# A\n\nText."), ("b.md", "# B\n\nText."))
    carry_out(source)
    assert sources.remove_file(file_id=SourceFile.objects.get(name="a.md").pk) == 1
    assert document("a.md").article.state == Article.State.ARCHIVED
    assert document("b.md").article.is_published


def test_bad_uploads_are_refused_together_and_nothing_is_kept():
    source = SourceFactory()
    with pytest.raises(InvalidInputError, match=r"photo.png.*empty.md"):
        upload(source, ("a.md", "text"), ("photo.png", "x"), ("empty.md", ""))
    assert not SourceFile.objects.exists()


def test_a_source_is_imported_once_at_a_time_and_only_when_there_is_something():
    source = SourceFactory()
    with pytest.raises(NothingToImportError, match="upload a file"):
        sources.request_import(source_id=source.pk)
    upload(source, ("a.md", "# A\n\nText."))
    sources.request_import(source_id=source.pk)
    with pytest.raises(SourceBusyError):
        sources.request_import(source_id=source.pk)
    with pytest.raises(SourceBusyError):
        import_documents(documents=[], source_name=source.name)


# --- Workers -----------------------------------------------------------------------------------


def test_a_killed_worker_loses_nothing_and_reads_no_file_twice(monkeypatch):
    source = SourceFactory()
    upload(source, ("a.md", "# A\n\nText."), ("b.md", "# B\n\nText."))
    run = sources.request_import(source_id=source.pk)
    read = source_reading.read_named
    opened = []

    def dies_at_b(path, name):
        opened.append(name)
        if name == "b.md" and opened.count("b.md") == 1:
            raise KeyboardInterrupt
        return read(path, name)

    monkeypatch.setattr(source_reading, "read_named", dies_at_b)
    with pytest.raises(KeyboardInterrupt):
        tasks.import_source.call_local(run.pk)
    assert importing.due_runs() == []
    with clock.moved(importing.LEASE + timedelta(seconds=1)):
        assert importing.due_runs() == [run.pk]
        tasks.import_source.call_local(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempts, run.created_count) == (ImportRun.State.DONE, 2, 2)
    assert opened == ["a.md", "b.md", "b.md"]


def test_a_run_that_kills_its_worker_again_and_again_is_given_up():
    source = SourceFactory()
    ImportRun.objects.create(
        source=source, state=ImportRun.State.RUNNING, attempts=3, running_until=clock.now() - timedelta(seconds=1)
    )
    assert importing.due_runs() == []
    run = ImportRun.objects.get()
    assert run.failure == "It ended its worker again and again."
    source.refresh_from_db()
    assert (source.state, source.failure) == (Source.State.FAILED, run.failure)


def test_while_one_import_runs_the_others_wait():
    first, second = SourceFactory(), SourceFactory()
    ImportRun.objects.create(
        source=first, state=ImportRun.State.RUNNING, attempts=1, running_until=clock.now() + timedelta(minutes=1)
    )
    upload(second, ("a.md", "# A\n\nText."))
    run = sources.request_import(source_id=second.pk)
    tasks.import_source.call_local(run.pk)
    run.refresh_from_db()
    assert run.state == ImportRun.State.QUEUED
    ImportRun.objects.filter(source=first).delete()
    with clock.moved(importing.GRACE + timedelta(seconds=1)):
        assert importing.due_runs() == [run.pk]


def test_a_stopped_import_ends_at_the_next_document_and_keeps_what_it_stored(monkeypatch):
    monkeypatch.setattr(importing, "REPORT_SECONDS", 0)
    source = SourceFactory()
    upload(source, ("faq.csv", "question,answer\nA?,yes\nB?,yes\n"))
    run = sources.request_import(source_id=source.pk)
    store = importing.rows.store_document

    def stopped_meanwhile(item, arrival):
        outcome = store(item, arrival)
        sources.stop_import(source_id=source.pk, name="Ann")
        return outcome

    monkeypatch.setattr(importing.rows, "store_document", stopped_meanwhile)
    tasks.import_source.call_local(run.pk)
    run.refresh_from_db()
    assert run.failure == "Stopped by Ann. What was read until then is there."
    assert Article.objects.count() == 1


def test_the_first_failure_of_the_machine_stands_at_the_run(monkeypatch):
    source = SourceFactory()
    upload(source, ("a.md", "# A\n\nText."))

    def broken(*_args):
        raise OSError("disk full")

    monkeypatch.setattr(source_reading, "read_named", broken)
    run = carry_out(source)
    assert (run.state, run.failure) == (ImportRun.State.FAILED, "OSError: disk full")


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


# --- Settings that articles follow -------------------------------------------------------------


def test_articles_follow_their_source_unless_somebody_decided_otherwise():
    bring(*made("a", "b"))
    source, other = Source.objects.get(), document("b").article
    articles.describe_article(article_id=other.pk, product="By hand")
    before = {"audience": source.audience, "language": source.language, "product": source.product}
    Source.objects.filter(pk=source.pk).update(audience="staff", product="Help")
    sources.pass_on_settings(source_id=source.pk, before=before)
    found = dict(Article.objects.values_list("title", "product"))
    assert found == {"A": "Help", "B": "By hand"}
    assert set(Article.objects.values_list("audience", flat=True)) == {"staff"}
