import json

import docx
import pytest
from django.core.management import CommandError, call_command

from knowledge.models import Article, Source
from knowledge.services.search import search
from knowledge.tests import made_files

pytestmark = pytest.mark.django_db


@pytest.fixture
def docs(tmp_path):
    folder = tmp_path / "handbook"
    folder.mkdir()
    (folder / "export.md").write_text("# Export your data\n\nOpen Reports and choose Export.\n")
    (folder / "faq.jsonl").write_text('{"id": "1", "title": "Invite", "text": "Open Team and choose Invite."}\n')
    return folder


def run(capsys, *args, **options):
    call_command(*args, verbosity=0, **options)
    return capsys.readouterr().out


def test_a_folder_is_imported_and_searchable_at_once(store, docs, capsys):
    assert "2 created, 0 updated, 0 unchanged, 0 failed" in run(capsys, "import_articles", str(docs))
    assert Source.objects.get().name == "handbook"
    assert search(query="how do I export")[0].title == "Export your data"


def test_importing_again_changes_nothing(store, docs, capsys):
    run(capsys, "import_articles", str(docs), source="Docs")
    assert "0 created, 0 updated, 2 unchanged" in run(capsys, "import_articles", str(docs), source="Docs")


def test_a_bad_document_is_named_and_the_rest_is_imported(store, docs, capsys):
    (docs / "broken.md").write_bytes(b"\xff\xfa")
    with pytest.raises(CommandError) as refused:
        call_command("import_articles", str(docs), verbosity=0)
    assert refused.value.returncode == 1
    assert "broken.md: The file is not UTF-8 text" in capsys.readouterr().err
    assert Article.objects.count() == 2


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_nothing_to_import_is_exit_status_2(store, tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError) as refused:
        call_command("import_articles", str(tmp_path / name), verbosity=0)
    assert refused.value.returncode == 2


def test_a_file_of_a_kind_that_is_not_read_is_named_also_when_it_is_given_directly(store, tmp_path, capsys):
    (tmp_path / "photo.png").write_text("x")
    with pytest.raises(CommandError) as refused:
        call_command("import_articles", str(tmp_path / "photo.png"), verbosity=0)
    assert refused.value.returncode == 1
    assert ".png cannot be read" in capsys.readouterr().err
    assert not Article.objects.exists()


def test_staff_only_documents_reach_no_customer(store, docs, capsys):
    run(capsys, "import_articles", str(docs), staff_only=True)
    assert search(query="how do I export") == []
    assert search(query="how do I export", audience="staff")


def test_indexing_can_be_left_to_the_worker(store, docs, capsys):
    run(capsys, "import_articles", str(docs), no_index=True)
    assert store.count_documents() == 0


def test_every_kind_of_file_in_a_folder_is_imported(docs, capsys):
    (docs / "guide.pdf").write_bytes(made_files.pdf(made_files.paragraphs("Open Reports and choose Export.")))
    (docs / "faq.csv").write_text("question;answer\nHow do I pay?;Open Billing.\n")
    document = docx.Document()
    document.add_paragraph("Open Team and choose Invite.")
    document.save(docs / "team.docx")
    assert "5 created" in run(capsys, "import_articles", str(docs), no_index=True)


def test_what_is_gone_from_a_folder_is_archived(docs, capsys):
    for name in ("a", "b"):
        (docs / f"{name}.md").write_text(f"# {name}\n\nText.")
    run(capsys, "import_articles", str(docs), no_index=True)
    (docs / "a.md").unlink()
    (docs / "faq.jsonl").unlink()
    assert "2 unchanged, 0 failed, 2 archived because they are gone." in run(
        capsys, "import_articles", str(docs), no_index=True
    )


def test_most_of_a_folder_gone_archives_nothing_unless_pruned(docs, capsys):
    for name in ("a", "b", "c"):
        (docs / f"{name}.md").write_text(f"# {name}\n\nText.")
    run(capsys, "import_articles", str(docs), no_index=True)
    for name in ("a.md", "b.md", "c.md"):
        (docs / name).unlink()
    call_command("import_articles", str(docs), verbosity=0, no_index=True)
    told = capsys.readouterr()
    assert "archived" not in told.out
    assert "Nothing was archived" in told.err
    assert "3 archived" in run(capsys, "import_articles", str(docs), no_index=True, prune=True)


@pytest.mark.parametrize("options", [{}, {"split": True}])
def test_reindex_rebuilds_a_lost_store(store, docs, capsys, options):
    run(capsys, "import_articles", str(docs))
    store.delete_all_documents()
    assert "2 passages of 2 articles" in run(capsys, "reindex", **options)
    assert search(query="how do I export")


def test_evaluate_prints_and_writes_figures(tmp_path, capsys):
    (tmp_path / "corpus.jsonl").write_text('{"id": "1", "title": "Export", "text": "Open Reports."}\n')
    (tmp_path / "dev.jsonl").write_text('{"query": "export", "answer_ids": ["1"], "answerable": true}\n')
    out = run(capsys, "evaluate", "retrieval", str(tmp_path), json=tmp_path / "out.json")
    assert "recall_at_1" in out
    assert json.loads((tmp_path / "out.json").read_text())["recall_at_1"] == 1.0


def test_evaluate_refuses_a_malformed_folder(tmp_path):
    with pytest.raises(CommandError) as refused:
        call_command("evaluate", "retrieval", str(tmp_path), verbosity=0)
    assert refused.value.returncode == 2
