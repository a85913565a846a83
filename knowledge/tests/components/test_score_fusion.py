import pytest
from haystack import Document

from knowledge.components.score_fusion import ScoreFusion
from knowledge.stores.embedded import EmbeddedDocumentStore


@pytest.fixture
def fuse(tmp_path):
    """Fuse hits of a store that holds the documents a to i."""
    store = EmbeddedDocumentStore(path=str(tmp_path / "passages.sqlite3"))
    store.write_documents([Document(id=id_, content=id_, meta={"title": id_.upper()}) for id_ in "abcdefghi"])

    def fused(dense, lexical, **settings):
        return ScoreFusion(store, **settings).run(dense=dense, lexical=lexical)["documents"]

    return fused


def test_raw_scores_are_added_and_kept(fuse):
    fused = fuse({"a": 0.8, "b": 0.79}, {"b": 10.0}, lexical_weight=0.005)
    assert [(d.id, d.score) for d in fused] == [("b", pytest.approx(0.84)), ("a", 0.8)]
    assert fused[0].meta == {"title": "B", "dense": 0.79, "lexical": 10.0}


def test_what_has_no_vector_is_ordered_by_words_alone(fuse):
    fused = fuse({}, {"a": 4.0, "b": 5.0}, lexical_weight=0.1)
    assert [(d.id, d.score, d.meta["dense"]) for d in fused] == [("b", 0.5, 0.0), ("a", 0.4, 0.0)]


def test_no_more_than_asked_for_are_kept(fuse):
    assert [d.id for d in fuse({id_: n / 10 for n, id_ in enumerate("abcdefghi")}, {}, top_k=3)] == ["i", "h", "g"]


def test_what_was_removed_in_between_is_left_out(fuse):
    assert [d.id for d in fuse({"gone": 0.9, "a": 0.5}, {})] == ["a"]


def test_nothing_found_stays_nothing(fuse):
    assert fuse({}, {}) == []
