from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from knowledge import tasks
from knowledge.errors import NothingToImportError, SourceBusyError
from knowledge.models import Article, ImportRun, Source, SourceFile
from knowledge.services import importing, source_reading, sources
from knowledge.services.importing import import_documents
from knowledge.tests.factories import SourceFactory
from knowledge.tests.services.importing_helpers import State, carry_out, document
from supportai.core import clock
from supportai.core.actors import SYSTEM
from supportai.core.errors import InvalidInputError

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kept_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


# --- Uploads -----------------------------------------------------------------------------------


def upload(source, *files):
    found = [SimpleUploadedFile(name, text.encode()) for name, text in files]
    sources.add_files(source_id=source.pk, uploads=found, actor=SYSTEM)


def test_uploaded_files_are_imported_with_progress_and_counts():
    source = SourceFactory()
    upload(source, ("a.md", "# A\n\nText."), ("faq.csv", "question,answer\nB?,yes\nC?,\n"))
    run = carry_out(source)
    assert (run.state, run.done, run.total) == (ImportRun.State.DONE, 2, 2)
    assert (run.created_count, run.failed_count) == (2, 1)
    source.refresh_from_db()
    assert source.imported_at is not None


def archive_of(**files):
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.md", text)
    return packed.getvalue()


def test_two_archives_may_hold_files_of_the_same_name():
    source = SourceFactory()
    packed = {f"{n}.zip": archive_of(index=f"# Manual {n}\n\nText.", apart=f"# Apart {n}\n\nText.") for n in "ab"}
    found = [SimpleUploadedFile(name, data) for name, data in packed.items()]
    sources.add_files(source_id=source.pk, uploads=found, actor=SYSTEM)
    run = carry_out(source)
    assert (run.created_count, run.failed_count) == (4, 0)
    assert document("index.md").article.title == "Manual a"
    assert document("b.zip/index.md").article.title == "Manual b"
    again = carry_out(source)
    assert (again.unchanged_count, again.created_count, again.archived_count) == (4, 0, 0)


def test_a_broken_file_of_one_archive_does_not_touch_its_namesake_of_another():
    source = SourceFactory()
    packed = {"a.zip": archive_of(index="# Manual\n\nText."), "b.zip": archive_of(index="")}
    found = [SimpleUploadedFile(name, data) for name, data in packed.items()]
    sources.add_files(source_id=source.pk, uploads=found, actor=SYSTEM)
    run = carry_out(source)
    assert (run.created_count, run.failed_count) == (1, 1)
    assert document("index.md").state == State.IMPORTED
    assert document("b.zip/index.md").state == State.FAILED


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


def test_control_characters_are_left_out_of_titles_and_texts():
    source = SourceFactory()
    row = '{"id": "x", "title": "a\\u00007\\u0000 b", "text": "one\\u0000\\u0001\\ftwo"}'
    upload(source, ("a.jsonl", row + "\n"))
    assert carry_out(source).created_count == 1
    revision = Article.objects.get().revisions.get()
    assert (revision.title, revision.body) == ("a7 b", "one\ntwo")
