import numpy as np
from haystack import Document

from knowledge.components.dense_retriever import DenseRetriever
from knowledge.components.lexical_retriever import LexicalRetriever
from knowledge.stores.embedded import EmbeddedDocumentStore
from knowledge.turns import WeightedText


def store_with(tmp_path, *documents):
    store = EmbeddedDocumentStore(path=str(tmp_path / "passages.sqlite3"))
    store.write_documents(list(documents))
    return store


def doc(id_, content, embedding):
    return Document(id=id_, content=content, embedding=embedding)


def test_documents_found_by_words_get_their_cosine_too(tmp_path):
    near, far = doc("near", "a", [1.0, 0.0]), doc("far", "b", [0.1, 0.5])
    retriever = DenseRetriever(store_with(tmp_path, near, far), top_k=1)
    found = retriever.run(np.array([1.0, 0.0], dtype=np.float32), also=[far, near])["documents"]
    assert [(d.id, round(d.score, 3)) for d in found] == [("near", 1.0), ("far", 0.1)]


def test_a_document_that_was_removed_in_between_scores_nothing(tmp_path):
    retriever = DenseRetriever(store_with(tmp_path, doc("near", "a", [1.0, 0.0])))
    found = retriever.run(np.array([1.0, 0.0], dtype=np.float32), also=[doc("gone", "b", None)])["documents"]
    assert [(d.id, d.score) for d in found] == [("near", 1.0), ("gone", 0.0)]


def test_texts_add_up_by_their_weights(tmp_path):
    store = store_with(tmp_path, *(doc(str(n), f"filler {n}", None) for n in range(6)), doc("x", "export", None))
    [alone] = LexicalRetriever(store).run([WeightedText("export", 1.0)])["documents"]
    [mixed] = LexicalRetriever(store).run([WeightedText("export", 0.7), WeightedText("nothing else", 0.3)])["documents"]
    assert mixed.score == alone.score * 0.7
