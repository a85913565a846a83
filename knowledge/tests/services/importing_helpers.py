"""Documents for tests of imports, and what became of them."""

from knowledge import tasks
from knowledge.documents import ImportedDocument
from knowledge.models import SourceDocument
from knowledge.services import sources
from knowledge.services.importing import import_documents

State = SourceDocument.State
FOLDER = "folder"


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


def carry_out(source, **options):
    run = sources.request_import(source_id=source.pk, **options)
    tasks.import_source.call_local(run.pk)
    run.refresh_from_db()
    return run
