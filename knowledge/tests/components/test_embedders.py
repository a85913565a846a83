import numpy as np
import pytest
from haystack import Document

from knowledge.components.passage_embedder import PassageEmbedder
from knowledge.components.question_reader import QuestionReader
from knowledge.services.embedding import embed
from knowledge.turns import WeightedText, weighted_texts


def test_a_passage_s_vector_is_a_fifth_its_title_s_and_else_that_of_title_and_text_together():
    document = Document(content="Open Reports.", meta={"title": "Export", "heading": "CSV"})
    vector = PassageEmbedder().run([document])["documents"][0].embedding
    title, whole = embed(["Export › CSV", "Export › CSV\nOpen Reports."])
    np.testing.assert_allclose(vector, 0.2 * title + 0.8 * whole, atol=0.02)


def test_order_and_originals_are_kept():
    documents = [Document(content=text, meta={"title": "T"}) for text in ("a long text " * 30, "b", "c d e")]
    embedded = PassageEmbedder().run(documents)["documents"]
    assert [document.content for document in embedded] == [document.content for document in documents]
    assert documents[0].embedding is None


def test_a_question_alone_is_itself():
    read = QuestionReader().run(query="export", history=[])
    assert read["texts"] == [WeightedText("export", 1.0)]
    np.testing.assert_allclose(read["embedding"], embed(["export"], is_query=True)[0], atol=1e-5)


def test_the_last_three_turns_count_a_little():
    texts = weighted_texts("export invoices there", ["old", "billing page", "reports page"])
    assert [entry.text for entry in texts] == [
        "export invoices there",
        "billing page reports page export invoices there",
    ]
    assert [entry.weight for entry in texts] == pytest.approx([0.7, 0.3])


def test_a_turn_that_says_nothing_alone_counts_less():
    assert [entry.weight for entry in weighted_texts("and where is that?", ["invite people"])] == pytest.approx(
        [0.3, 0.7]
    )


def test_empty_turns_do_not_count():
    assert weighted_texts("export", ["", "  "]) == [WeightedText("export", 1.0)]
