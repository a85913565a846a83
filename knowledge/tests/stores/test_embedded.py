import multiprocessing
import sqlite3

import pytest
from haystack import Document

from knowledge.stores.embedded import EmbeddedDocumentStore, match_expression
from knowledge.stores.words import query_words
from knowledge.turns import WeightedText

EXPORT = [WeightedText("export", 1.0)]


@pytest.fixture
def document_store(tmp_path):
    return EmbeddedDocumentStore(path=str(tmp_path / "deep" / "passages.sqlite3"))


def test_vectors_of_another_length_are_passed_over(document_store):
    document_store.write_documents(
        [
            Document(id="near", content="near", embedding=[1.0, 0.0]),
            Document(id="other", content="another length", embedding=[1.0, 0.0, 0.0]),
        ]
    )
    assert list(document_store.dense_hits([1.0, 0.5], top_k=5)) == ["near"]


def test_a_query_of_stop_words_alone_still_searches():
    assert match_expression(query_words("how do I")) == '"how" OR "do" OR "i"'
    assert match_expression(query_words("how do I export")) == '"export"'


def test_a_long_text_ends_somewhere():
    assert match_expression(query_words(" ".join(f"word{n}" for n in range(1000)))).count(" OR ") == 255


def test_a_file_of_an_older_form_goes_on_serving_until_it_is_rebuilt(document_store):
    document_store.write_documents([Document(id="old", content="old", embedding=[1.0, 0.0])])
    assert not document_store.is_outdated()
    connection = sqlite3.connect(document_store.path)
    connection.execute("PRAGMA user_version = 0")
    connection.close()
    assert document_store.is_outdated()
    assert list(document_store.dense_hits([1.0, 0.0])) == ["old"]
    with document_store.rebuilding() as target:
        target.write_documents([Document(id="new", content="new", embedding=[1.0, 0.0])])
    assert not document_store.is_outdated()


def test_a_filter_that_few_pass_still_finds_them_by_words(document_store):
    staff = [Document(id=f"s{n}", content="export export", meta={"audience": "staff"}) for n in range(30)]
    others = [Document(id=f"o{n}", content="nothing of the kind") for n in range(60)]
    public = Document(id="public", content="how to export a long list of other things", meta={"audience": "public"})
    document_store.write_documents([*staff, *others, public])
    only_public = {"field": "meta.audience", "operator": "==", "value": "public"}
    assert list(document_store.lexical_hits(EXPORT, filters=only_public, top_k=2)) == ["public"]
    assert len(document_store.lexical_hits(EXPORT, top_k=5)) == 5


def test_dropping_leaves_an_empty_file_that_other_objects_go_on_using(document_store):
    other = EmbeddedDocumentStore(path=document_store.path)
    document_store.write_documents([Document(id="1", content="one", embedding=[1.0, 0.0])])
    assert other.count_documents() == 1
    document_store.drop()
    assert other.dense_hits([1.0, 0.0]) == {}
    other.write_documents([Document(id="2", content="two", embedding=[1.0, 0.0])])
    assert list(document_store.dense_hits([1.0, 0.0])) == ["2"]


def test_a_rebuild_keeps_what_somebody_else_wrote_meanwhile(document_store):
    document_store.write_documents([Document(id="old", content="old")])
    with document_store.rebuilding() as target:
        EmbeddedDocumentStore(path=document_store.path).write_documents([Document(id="meanwhile", content="new")])
        target.write_documents([Document(id="rebuilt", content="new")])
    assert set(document_store.document_ids()) == {"meanwhile", "rebuilt"}


def _write_many(path, prefix):
    store = EmbeddedDocumentStore(path=path)
    for number in range(20):
        store.write_documents([Document(id=f"{prefix}{number}", content="text", embedding=[1.0, 0.0])])


def test_processes_share_one_file(document_store):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_write_many, args=(document_store.path, p)) for p in "ab"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [p.exitcode for p in processes] == [0, 0]
    assert len(document_store.dense_hits([1.0, 0.0], top_k=100)) == 40
