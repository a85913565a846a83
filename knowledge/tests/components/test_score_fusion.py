import pytest
from haystack import Document

from knowledge.components.score_fusion import ScoreFusion


def doc(id_, score, embedding=None):
    return Document(id=id_, content=id_, score=score, embedding=embedding)


def fuse(dense, lexical, **settings):
    return ScoreFusion(**settings).run(embedding=[1.0, 0.0], dense=dense, lexical=lexical)["documents"]


def test_raw_scores_are_added_and_kept():
    fused = fuse([doc("a", 0.8), doc("b", 0.79)], [doc("b", 10.0)], lexical_weight=0.005)
    assert [(d.id, d.score) for d in fused] == [("b", pytest.approx(0.84)), ("a", 0.8)]
    assert (fused[0].meta["dense"], fused[0].meta["lexical"]) == (0.79, 10.0)


def test_what_only_words_found_gets_its_cosine():
    fused = fuse([], [doc("a", 5.0, embedding=[0.6, 0.8])])
    assert fused[0].meta["dense"] == pytest.approx(0.6)


def test_no_more_than_asked_for_are_kept():
    assert len(fuse([doc(str(n), n / 10) for n in range(9)], [], top_k=3)) == 3


def test_nothing_found_stays_nothing():
    assert fuse([], []) == []
