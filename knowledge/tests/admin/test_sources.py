import pytest
from django.contrib.admin import site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import UserFactory
from knowledge import tasks
from knowledge.admin.sources import SourceAdmin
from knowledge.documents import ImportedDocument, ImportFailure
from knowledge.models import Article, HelpSettings, ImportRun, Source, SourceDocument, SourceFile
from knowledge.services import importing, sources
from knowledge.services.importing import import_documents
from knowledge.tests.factories import SourceFactory
from supportai.core.actors import SYSTEM

pytestmark = pytest.mark.django_db

ADD = "admin:knowledge_source_add"
FORM = {
    "kind": "files", "start_url": "", "max_depth": 5, "max_pages": 500, "include_patterns": "", "exclude_patterns": "",
    "language": "en", "audience": "public", "product": "", "refresh": "never",
}  # fmt: skip
NO_INLINES = {f"{name}-{end}": 0 for name in ("files", "documents", "runs") for end in ("TOTAL_FORMS", "INITIAL_FORMS")}


@pytest.fixture
def lead(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(UserFactory(role=User.Role.LEAD))
    return client


def page(source):
    return reverse("admin:knowledge_source_change", args=[source.pk])


def act(client, source, name):
    """Confirm the dialog of an action."""
    return client.post(reverse(f"admin:knowledge_source_{name}", args=[source.pk]), {"_form_submitted": "True"})


def html(client, address, **data):
    return client.get(address, data).content.decode()


def upload(name, text):
    return SimpleUploadedFile(name, text.encode())


def test_files_are_uploaded_where_the_source_is_added_and_imported_at_once(lead):
    files = [upload("a.md", "# Export\n\nOpen Reports."), upload("faq.csv", "question,answer\nB?,yes\n")]
    response = lead.post(reverse(ADD), {**FORM, "name": "Handbook", "uploads": files})
    assert response.status_code == 302, response.content.decode()[:3000]
    source = Source.objects.get(name="Handbook")
    assert set(source.files.values_list("name", flat=True)) == {"a.md", "faq.csv"}
    run = source.runs.get()
    assert (run.state, run.requested_by) == (ImportRun.State.QUEUED, User.objects.get())
    tasks.import_source.call_local(run.pk)
    shown = html(lead, page(source))
    assert "2 new" in shown
    assert "Uploaded files" in shown
    assert "Run again" in shown
    assert ">2 imported</a>" in shown


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"kind": "files"}, "Choose at least one file."),
        ({"kind": "files", "uploads": [upload("photo.png", "x")]}, "photo.png: .png cannot be read."),
        ({"kind": "site"}, "Give the address where reading begins."),
        ({"kind": "site", "start_url": "ftp://x"}, "Write an address such as"),
        ({"kind": "site", "start_url": "https://x.example/", "include_patterns": "docs"}, "begin it with / or *"),
        ({"kind": "site", "start_url": "https://x.example/", "uploads": [upload("a.md", "x")]}, "choose Files"),
        ({"kind": "learned"}, "Select a valid choice"),
    ],
)
def test_a_source_that_cannot_be_read_is_refused_in_words(lead, given, reason):
    response = lead.post(reverse(ADD), {**FORM, "name": "New", **given})
    assert reason in response.content.decode()
    assert not Source.objects.filter(name="New").exists()


def test_a_site_is_read_as_soon_as_it_is_added(lead):
    given = {"kind": "site", "start_url": "https://help.example.com/", "refresh": "daily"}
    assert lead.post(reverse(ADD), {**FORM, "name": "Site", **given}).status_code == 302
    source = Source.objects.get(name="Site")
    assert source.runs.get().state == ImportRun.State.QUEUED
    shown = html(lead, page(source))
    assert "What is read" in shown
    assert "Waiting for a worker" in shown
    assert "/progress/?was=open" in shown
    assert "every 2s" in shown


def test_the_page_says_how_far_a_running_import_is_and_reloads_when_it_ends(lead):
    source = SourceFactory()
    run = ImportRun.objects.create(
        source=source, state="running", doing="Reading a.pdf", done=3, total=9, created_count=12, failed_count=1
    )
    address = reverse("admin:knowledge_source_progress", args=[source.pk])
    fragment = lead.get(address, {"was": "open"})
    assert "Reading a.pdf: 3 of 9 files." in fragment.content.decode()
    assert "12 new, 1 not imported" in fragment.content.decode()
    assert "HX-Refresh" not in fragment
    sources.stop_import(source_id=source.pk, name="Ann")
    ended = lead.get(address, {"was": "open"})
    assert ended["HX-Refresh"] == "true"
    assert "Stopped by Ann." in ended.content.decode()
    assert "every 2s" not in ended.content.decode()
    assert run.pk == ImportRun.objects.get().pk


def test_documents_that_failed_are_shown_with_their_reasons(lead):
    good = ImportedDocument(external_id="a.md", title="A", body="Text.")
    import_documents(documents=[good, ImportFailure("scan.pdf", "It is a scan <b>.")], source_name="Docs")
    source = Source.objects.get()
    shown = html(lead, page(source))
    assert "Documents to look at" in shown
    assert "scan.pdf" in shown
    assert "It is a scan &lt;b&gt;." in shown
    assert "1 documents not imported." in html(lead, reverse("admin:knowledge_source_changelist"))
    listed = html(lead, reverse("admin:knowledge_sourcedocument_changelist"), state__exact="failed")
    assert "scan.pdf" in listed
    assert "a.md" not in listed
    assert (
        lead.get(reverse("admin:knowledge_sourcedocument_change", args=[SourceDocument.objects.first().pk])).status_code
        == 200
    )


def test_an_import_is_run_again_and_stopped_from_the_page(lead):
    source = SourceFactory()
    assert "Run again" not in html(lead, page(source))
    sources.add_files(source_id=source.pk, uploads=[upload("a.md", "# A\n\nText.")], actor=SYSTEM)
    act(lead, source, "run_again")
    assert source.runs.get().state == ImportRun.State.QUEUED
    assert "Run again" not in html(lead, page(source))
    act(lead, source, "stop")
    assert source.runs.get().failure.startswith("Stopped by ")


def test_what_is_missing_is_archived_only_when_a_person_says_so(lead):
    texts = [ImportedDocument(external_id=name, title=name, body="Text.") for name in "abc"]
    import_documents(documents=texts, source_name="Docs", complete=[""])
    import_documents(documents=texts[:1], source_name="Docs", complete=[""])
    source = Source.objects.get()
    assert "Archive what is missing" in html(lead, page(source))
    assert "2 of 3 documents are gone" in html(lead, page(source))
    act(lead, source, "archive_missing")
    assert Article.objects.filter(state=Article.State.ARCHIVED).count() == 2
    assert "Archive what is missing" not in html(lead, page(source))


def test_more_files_are_uploaded_and_a_file_is_deleted_on_the_page(lead):
    source = SourceFactory(name="Docs")
    sources.add_files(source_id=source.pk, uploads=[upload("a.md", "# A\n\nText.")], actor=SYSTEM)
    tasks.import_source.call_local(sources.request_import(source_id=source.pk).pk)
    file = SourceFile.objects.get()
    given = {
        **NO_INLINES, "name": "Docs", "language": "en", "audience": "staff", "product": "", "uploads": [upload("b.md", "# B\n\nx")],
        "files-TOTAL_FORMS": 1, "files-INITIAL_FORMS": 1, "files-0-id": file.pk, "files-0-source": source.pk,
        "files-0-DELETE": "on",
    }  # fmt: skip
    response = lead.post(page(source), given)
    assert response.status_code == 302, response.content.decode()[:3000]
    assert list(source.files.values_list("name", flat=True)) == ["b.md"]
    assert source.runs.first().state == ImportRun.State.QUEUED
    article = Article.objects.get()
    assert (article.state, article.audience) == (Article.State.ARCHIVED, "staff")


def test_somebody_who_may_only_look_changes_nothing(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(UserFactory(role=User.Role.AI_OVERSIGHT))
    source = SourceFactory()
    sources.add_files(source_id=source.pk, uploads=[upload("a.md", "# A\n\nText.")], actor=SYSTEM)
    shown = client.get(page(source))
    if shown.status_code == 200:
        assert "Run again" not in shown.content.decode()
    assert act(client, source, "run_again").status_code in {302, 403}
    assert not importing.ImportRun.objects.exists()


@pytest.mark.parametrize("is_bulk", [False, True])
def test_a_source_without_articles_is_deleted_with_what_was_uploaded(
    lead, tmp_path, is_bulk, django_capture_on_commit_callbacks
):
    lead.force_login(UserFactory(role=User.Role.ADMIN))
    source = SourceFactory(kind=Source.Kind.FILES)
    sources.add_files(source_id=source.pk, uploads=[upload("a.md", "# A\n\ntext")], actor=SYSTEM)
    assert [path for path in tmp_path.rglob("*") if path.is_file()]
    with django_capture_on_commit_callbacks(execute=True):
        if is_bulk:
            chosen = {"action": "delete_selected", "_selected_action": [source.pk], "post": "yes"}
            lead.post(reverse("admin:knowledge_source_changelist"), chosen)
        else:
            lead.post(reverse("admin:knowledge_source_delete", args=[source.pk]), {"post": "yes"})
    assert not Source.objects.filter(pk=source.pk).exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_one_bad_file_of_several_is_told_and_the_others_are_kept(lead):
    files = [upload("a.md", "# A\n\ntext"), upload("empty.txt", "")]
    response = lead.post(reverse(ADD), {**FORM, "name": "Handbook", "uploads": files}, follow=True)
    assert "empty.txt: the file is empty." in [str(message) for message in response.context["messages"]]
    assert list(Source.objects.get(name="Handbook").files.values_list("name", flat=True)) == ["a.md"]


def test_a_state_promises_no_more_than_there_is(lead, rf):
    empty, _whole, part = (SourceFactory(name=name) for name in ("Nothing yet", "Whole", "Part"))
    Source.objects.exclude(pk=empty.pk).update(state=Source.State.INDEXED)
    Source.objects.filter(pk=empty.pk).update(state=Source.State.PENDING)
    SourceDocument.objects.create(source=part, external_id="a.md", state="failed", reason="It is broken.")
    listed = SourceAdmin(Source, site)
    states = {row.name: listed.state_name(row) for row in listed.get_queryset(rf.get("/"))}
    assert states == {"Nothing yet": "Empty", "Whole": "Indexed", "Part": "Indexed in part"}
    assert "Indexed in part" in html(lead, reverse("admin:knowledge_source_changelist"))


def test_why_the_last_import_failed_is_not_told_while_another_is_under_way(lead):
    source = SourceFactory(
        kind="site", start_url="https://x.example/", state="failed", failure="Port 8455 is not allowed."
    )
    assert "Port 8455" in html(lead, page(source))
    sources.request_import(source_id=source.pk)
    assert "Port 8455" not in html(lead, page(source))


def test_looking_at_the_settings_makes_no_row_and_saving_makes_one(client):
    client.force_login(UserFactory(role=User.Role.ADMIN))
    address = reverse("admin:knowledge_helpsettings_changelist")
    assert client.get(address)["Location"] == reverse("admin:knowledge_helpsettings_add")
    assert not HelpSettings.objects.exists()
    client.post(reverse("admin:knowledge_helpsettings_add"), {"searches_kept_days": 30})
    row = HelpSettings.objects.get()
    assert client.get(address)["Location"] == reverse("admin:knowledge_helpsettings_change", args=[row.pk])
    assert client.get(reverse("admin:knowledge_helpsettings_add")).status_code == 403


def test_too_many_files_are_refused_on_the_form_with_their_number_and_nothing_is_lost(lead):
    files = [upload(f"{number}.md", "# A\n\ntext") for number in range(131)]
    response = lead.post(reverse(ADD), {**FORM, "name": "Handbook", "product": "Docs", "uploads": files})
    shown = response.content.decode()
    assert response.status_code == 200
    assert response.context["adminform"].form.errors["uploads"] == [
        "131 files came, and at most 100 can be taken at once. Put them in a zip archive and choose that. Nothing was "
        "uploaded; what you filled in is still here."
    ]
    assert 'value="Handbook"' in shown
    assert 'value="Docs"' in shown
    assert not Source.objects.filter(name="Handbook").exists()
    source = SourceFactory(name="Docs")
    more = {**NO_INLINES, "name": "Docs", "language": "en", "audience": "public", "product": ""}
    files = [upload(f"{number}.md", "# A\n\ntext") for number in range(101)]
    assert "101 files came" in lead.post(page(source), {**more, "uploads": files}).content.decode()
    assert not source.files.exists()
