import numpy as np
import pytest
from haystack import Document

from knowledge.components.passage_retriever import PassageRetriever
from knowledge.turns import WeightedText

EAST = np.array([1.0, 0.0], dtype=np.float32)
PAYROLL = [WeightedText("payroll", 1.0)]


@pytest.fixture
def retriever(passage_store):
    passage_store.write_documents(
        [
            Document(id="near", content="other words", embedding=[1.0, 0.0], meta={"audience": "public"}),
            Document(id="far", content="about payroll", embedding=[0.125, 0.5], meta={"audience": "public"}),
            Document(id="bare", content="payroll without a vector", meta={"audience": "staff"}),
        ]
    )
    return PassageRetriever(passage_store, top_k=1)


def test_what_words_found_gets_its_cosine_too(retriever):
    found = retriever.run(EAST, PAYROLL, filters={"field": "meta.audience", "operator": "==", "value": "public"})
    assert found["dense"] == pytest.approx({"near": 1.0, "far": 0.125})
    assert set(found["lexical"]) == {"far"}


def test_what_has_no_vector_has_no_cosine(retriever):
    retriever.top_k = 3
    found = retriever.run(EAST, PAYROLL)
    assert set(found["lexical"]) == {"far", "bare"}
    assert set(found["dense"]) == {"near", "far"}


def test_a_question_without_words_is_searched_by_meaning_alone(retriever):
    found = retriever.run(EAST, [WeightedText("?!", 1.0)])
    assert (dict(found["dense"]), dict(found["lexical"])) == ({"near": 1.0}, {})
