import multiprocessing
import threading

import numpy as np
import pytest
from haystack import Document
from haystack.dataclasses import ByteStream
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from haystack.testing.document_store import DocumentStoreBaseTests

from knowledge.stores.embedded import EmbeddedDocumentStore, match_expression


@pytest.fixture
def document_store(tmp_path):
    return EmbeddedDocumentStore(path=str(tmp_path / "deep" / "passages.sqlite3"))


class TestHaystackConformance(DocumentStoreBaseTests):
    @pytest.fixture
    def document_store(self, tmp_path):
        return EmbeddedDocumentStore(path=str(tmp_path / "passages.sqlite3"))

    @staticmethod
    def assert_documents_are_equal(received, expected) -> None:
        """Vectors come back as float32, so they are compared with tolerance and the rest exactly."""
        assert len(received) == len(expected)
        for got, wanted in zip(received, expected, strict=True):
            assert (got.embedding is None) == (wanted.embedding is None)
            if wanted.embedding is not None:
                np.testing.assert_allclose(got.embedding, wanted.embedding, rtol=1e-6)
            left, right = got.to_dict(flatten=False), wanted.to_dict(flatten=False)
            assert {**left, "embedding": None} == {**right, "embedding": None}

    def test_write_documents(self, document_store):
        document = Document(content="test doc")
        assert document_store.write_documents([document]) == 1
        with pytest.raises(DuplicateDocumentError):
            document_store.write_documents([document])


def test_a_failed_write_leaves_nothing_behind(document_store):
    document_store.write_documents([Document(id="old", content="old")])
    with pytest.raises(DuplicateDocumentError):
        document_store.write_documents([Document(id="new", content="new"), Document(id="old", content="again")])
    assert [d.id for d in document_store.filter_documents()] == ["old"]


def test_dense_retrieval_orders_by_dot_product_and_sets_the_score(document_store):
    document_store.write_documents(
        [
            Document(id="far", content="far", embedding=[0.0, 1.0]),
            Document(id="near", content="near", embedding=[1.0, 0.0]),
            Document(id="none", content="no vector"),
            Document(id="other", content="another length", embedding=[1.0, 0.0, 0.0]),
        ]
    )
    found = document_store.dense_retrieval([1.0, 0.5], top_k=5)
    assert [(d.id, d.score) for d in found] == [("near", 1.0), ("far", 0.5)]


def test_dense_retrieval_follows_overwrites_and_deletes(document_store):
    document_store.write_documents([Document(id="a", content="a", embedding=[1.0, 0.0])])
    document_store.write_documents([Document(id="b", content="b", embedding=[0.9, 0.0])])
    assert [d.id for d in document_store.dense_retrieval([1.0, 0.0])] == ["a", "b"]
    document_store.write_documents(
        [Document(id="a", content="a", embedding=[0.1, 0.0])], policy=DuplicatePolicy.OVERWRITE
    )
    assert [d.id for d in document_store.dense_retrieval([1.0, 0.0])] == ["b", "a"]
    document_store.delete_documents(["b"])
    assert [d.id for d in document_store.dense_retrieval([1.0, 0.0])] == ["a"]


def test_filters_narrow_both_retrievals(document_store):
    for number in range(4):
        document_store.write_documents(
            [
                Document(
                    id=str(number),
                    content="export the payroll",
                    meta={"audience": "staff" if number % 2 else "public"},
                    embedding=[1.0, float(number)],
                )
            ]
        )
    only_public = {"field": "meta.audience", "operator": "==", "value": "public"}
    assert {d.id for d in document_store.dense_retrieval([1.0, 1.0], filters=only_public, top_k=1)} == {"2"}
    assert {d.id for d in document_store.lexical_retrieval("payroll", filters=only_public)} == {"0", "2"}


def test_a_list_field_matches_when_one_element_does(document_store):
    document_store.write_documents([Document(id="1", content="x", meta={"tags": ["billing", "refund"]})])
    hit = {"field": "meta.tags", "operator": "==", "value": "refund"}
    miss = {"field": "meta.tags", "operator": "in", "value": ["export"]}
    assert len(document_store.filter_documents(hit)) == 1
    assert document_store.filter_documents(miss) == []


def test_lexical_retrieval_stems_words_and_ranks_titles_higher(document_store):
    document_store.write_documents(
        [
            Document(id="text", content="You can export invoices there.", meta={"title": "Reports"}),
            Document(id="title", content="Open the page and choose a format.", meta={"title": "Exporting invoices"}),
            Document(id="rest", content="Nothing in common with it.", meta={"title": "Other"}),
        ]
    )
    assert [d.id for d in document_store.lexical_retrieval("exported an invoice")] == ["title", "text"]


@pytest.mark.parametrize(
    "query", ['"', "NOT AND OR", "a* NEAR(b, 3)", "col:value", "it's (broken", "", "   ", "\0", "日本語", "{}^-+"]
)
def test_any_text_is_a_valid_query(document_store, query):
    document_store.write_documents([Document(content="some text about 日本語 and value")])
    assert isinstance(document_store.lexical_retrieval(query), list)


def test_a_query_of_stop_words_alone_still_searches():
    assert match_expression("how do I") == '"how" OR "do" OR "i"'
    assert match_expression("how do I export") == '"export"'


def test_blobs_survive_the_store(document_store):
    document = Document(id="1", blob=ByteStream(data=b"\x00\xff", mime_type="image/png"), content=None)
    document_store.write_documents([document])
    assert document_store.filter_documents()[0].blob == document.blob


def test_two_stores_on_one_file_see_each_others_writes(document_store):
    other = EmbeddedDocumentStore(path=document_store.path)
    document_store.write_documents([Document(id="1", content="one", embedding=[1.0, 0.0])])
    assert [d.id for d in other.dense_retrieval([1.0, 0.0])] == ["1"]
    other.delete_all_documents()
    assert document_store.dense_retrieval([1.0, 0.0]) == []


def test_threads_write_and_search_at_once(document_store):
    errors = []

    def work(number):
        try:
            for step in range(10):
                document_store.write_documents(
                    [Document(id=f"{number}-{step}", content="shared words", embedding=[1.0, float(step)])]
                )
                document_store.dense_retrieval([1.0, 0.0], top_k=3)
                document_store.lexical_retrieval("shared words", top_k=3)
        except Exception as exc:  # noqa: BLE001 - a thread's failure has to reach the assertion
            errors.append(exc)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert document_store.count_documents() == 60
    assert len(document_store.dense_retrieval([1.0, 0.0], top_k=100)) == 60


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
    assert len(document_store.dense_retrieval([1.0, 0.0], top_k=100)) == 40


def test_it_can_be_dumped_and_made_again(document_store):
    again = EmbeddedDocumentStore.from_dict(document_store.to_dict())
    assert again.path == document_store.path
