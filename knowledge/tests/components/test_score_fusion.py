import pytest
from haystack import Document

from knowledge.components.score_fusion import ScoreFusion


def doc(id_, score):
    return Document(id=id_, content=id_, score=score)


def fuse(dense, lexical, **settings):
    return ScoreFusion(**settings).run(dense=dense, lexical=lexical)["documents"]


def test_raw_scores_are_added_and_kept():
    fused = fuse([doc("a", 0.8), doc("b", 0.79)], [doc("b", 10.0)], lexical_weight=0.005)
    assert [(d.id, d.score) for d in fused] == [("b", pytest.approx(0.84)), ("a", 0.8)]
    assert (fused[0].meta["dense"], fused[0].meta["lexical"]) == (0.79, 10.0)


def test_what_has_no_vector_is_ordered_by_words_alone():
    fused = fuse([], [doc("a", 4.0), doc("b", 5.0)], lexical_weight=0.1)
    assert [(d.id, d.score, d.meta["dense"]) for d in fused] == [("b", 0.5, 0.0), ("a", 0.4, 0.0)]


def test_no_more_than_asked_for_are_kept():
    assert len(fuse([doc(str(n), n / 10) for n in range(9)], [], top_k=3)) == 3


def test_nothing_found_stays_nothing():
    assert fuse([], []) == []
