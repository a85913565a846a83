"""What both stores have to do alike: Haystack's own suite, and what this product asks beyond it."""

import copy
import math
import threading
from datetime import UTC, datetime

import pytest
from haystack import Document, Pipeline
from haystack.components.writers import DocumentWriter
from haystack.dataclasses import ByteStream
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from haystack.errors import FilterError
from haystack.testing.document_store import DocumentStoreBaseTests

from knowledge.stores.dumps import store_from
from knowledge.stores.protocol import Hits
from knowledge.tests.stores.conftest import assert_same_documents
from knowledge.turns import WeightedText


class TestHaystackConformance(DocumentStoreBaseTests):
    @pytest.fixture
    def document_store(self, passage_store):
        return passage_store

    @staticmethod
    def assert_documents_are_equal(received, expected) -> None:
        assert_same_documents(received, expected)

    def test_write_documents(self, document_store):
        document = Document(content="test doc")
        assert document_store.write_documents([document]) == 1
        with pytest.raises(DuplicateDocumentError):
            document_store.write_documents([document])


PUBLIC = {"field": "meta.audience", "operator": "==", "value": "public"}


def ids(documents):
    """Name what a store gave: documents, or hits, which are ids already."""
    return [getattr(found, "id", found) for found in documents]


def by_words(store, query, **search):
    return store.lexical_hits([WeightedText(query, 1.0)], **search)


def test_a_failed_write_leaves_nothing_behind(passage_store):
    passage_store.write_documents([Document(id="old", content="old")])
    with pytest.raises(DuplicateDocumentError):
        passage_store.write_documents([Document(id="new", content="new"), Document(id="old", content="again")])
    assert ids(passage_store.filter_documents()) == ["old"]


def test_an_overwrite_replaces_words_and_vector(passage_store, write):
    write("a", "about invoices", [1.0, 0.0])
    write("b", "about passwords", [0.9, 0.0])
    write("a", "about holidays", [0.1, 0.0])
    assert ids(passage_store.dense_hits([1.0, 0.0])) == ["b", "a"]
    assert by_words(passage_store, "invoices") == {}
    assert ids(by_words(passage_store, "holidays")) == ["a"]
    assert passage_store.count_documents() == 2


def test_the_same_id_twice_in_one_write_is_one_document_and_the_last_one_stays(passage_store):
    twice = [Document(id="a", content="first"), Document(id="a", content="second")]
    assert passage_store.write_documents(twice, policy=DuplicatePolicy.OVERWRITE) == 1
    assert passage_store.filter_documents()[0].content == "second"


def test_what_was_deleted_is_not_found_by_meaning_or_words(passage_store, write):
    write("a", "export the payroll", [1.0, 0.0])
    write("b", "export the payroll", [0.9, 0.0])
    passage_store.delete_documents(["b", "never there"])
    assert ids(passage_store.dense_hits([1.0, 0.0])) == ["a"]
    assert ids(by_words(passage_store, "payroll")) == ["a"]
    assert passage_store.document_ids() == ["a"]


def test_deleting_by_filter_counts_and_an_empty_filter_empties_the_store(passage_store, write):
    for number in range(5):
        write(str(number), product="Billing" if number < 2 else "Reports")
    assert passage_store.delete_by_filter({"field": "meta.product", "operator": "==", "value": "Billing"}) == 2
    assert passage_store.count_documents() == 3
    passage_store.delete_all_documents()
    assert passage_store.count_documents() == 0


def test_dense_order_and_scores_are_exact_dot_products(passage_store, write):
    write("far", embedding=[0.0, 1.0])
    write("near", embedding=[1.0, 0.0])
    write("opposite", embedding=[-2.0, 0.0])
    write("short", embedding=[0.25, 0.25])
    write("none", embedding=None)
    found = passage_store.dense_hits([1.0, 0.5], top_k=5)
    assert ids(found) == ["near", "far", "short", "opposite"]
    assert list(found.values()) == pytest.approx([1.0, 0.5, 0.375, -2.0], abs=1e-5)
    assert ids(passage_store.dense_hits([1.0, 0.5], top_k=2)) == ["near", "far"]


def test_words_are_stemmed_and_titles_and_headings_count_more_than_text(passage_store, write):
    write("text", "You can export invoices there, and in this place also.", title="Reports", heading="")
    write(
        "heading", "Open the page and choose a format in the list there.", title="Reports", heading="Exporting invoices"
    )
    write("title", "Open the page and choose a format in the list there.", title="Exporting invoices", heading="")
    write("rest", "Nothing in common with it.", title="Other", heading="")
    found = by_words(passage_store, "exported an invoice")
    assert ids(found) == ["title", "heading", "text"]
    assert all(score > 0 for score in found.values())


def test_a_rare_word_counts_more_than_a_common_one(passage_store, write):
    for number in range(12):
        write(str(number), f"how to open page {number}", title="Pages")
    write("rare", "how to open the vault", title="Pages")
    assert ids(by_words(passage_store, "open vault"))[0] == "rare"


def test_both_stores_score_words_on_one_scale(passage_store, write):
    """One weight of words in the fusion serves both, so their scores may differ by a factor of two at most."""
    for number in range(20):
        write(str(number), f"Text number {number} says something about colours.", title="Colours", heading="")
    write("refund", "A refund takes five business days to arrive.", title="Refunds", heading="")
    [score] = by_words(passage_store, "refund arrive").values()
    assert 4 < score < 8


def test_named_documents_are_scored_however_far_they_are(passage_store, write):
    write("near", embedding=[1.0, 0.0])
    write("far", embedding=[-0.5, 0.25])
    write("none", embedding=None)
    scores = passage_store.dense_scores([1.0, 1.0], ["far", "none", "never there"])
    assert scores == {"far": pytest.approx(-0.25, abs=1e-6)}
    assert passage_store.dense_scores([1.0, 1.0], []) == {}


def test_documents_are_loaded_in_the_order_asked_for_without_their_vectors(passage_store, write):
    for id_ in "abc":
        write(id_, f"export the payroll {id_}", [0.5, 0.25], title=id_.upper())
    found = passage_store.load(["c", "gone", "a"])
    assert [(d.id, d.content, d.meta["title"], d.embedding, d.score) for d in found] == [
        ("c", "export the payroll c", "C", None, None),
        ("a", "export the payroll a", "A", None, None),
    ]
    assert passage_store.load([]) == []


@pytest.mark.parametrize("query", ["refund", "never processed", "v2", "cafe", "CAFÉ", "100", "acme.example"])
def test_words_are_what_stands_between_marks_and_accents_do_not_count(passage_store, write, query):
    write("a", "Choose refund_never_processed in release v2.5 at café.acme.example, worth 2,100 points.")
    for number in range(3):
        write(str(number), "Something else altogether.")
    assert ids(by_words(passage_store, query)) == ["a"]


def test_both_searches_at_once_find_what_each_does(passage_store, write):
    write("a", "export the payroll", [1.0, 0.0], audience="public")
    write("b", "delete a payroll", [0.5, 0.5], audience="public")
    write("c", "payroll for staff", [1.0, 0.0], audience="staff")
    texts = [WeightedText("payroll export", 1.0)]
    dense, lexical = passage_store.hits([1.0, 0.0], texts, filters=PUBLIC, top_k=5)
    assert dense == passage_store.dense_hits([1.0, 0.0], filters=PUBLIC, top_k=5) == {"a": 1.0, "b": 0.5}
    assert lexical == passage_store.lexical_hits(texts, filters=PUBLIC, top_k=5)
    assert ids(lexical) == ["a", "b"]


def test_hits_are_not_copied_and_compare_like_dictionaries():
    hits = Hits({"b": 2.0, "a": 1.0})
    assert copy.deepcopy([hits])[0] is hits
    assert (hits["b"], len(hits), list(hits), "c" in hits) == (2.0, 2, ["b", "a"], False)
    assert hits == {"a": 1.0, "b": 2.0}


def test_texts_count_by_their_weights(passage_store, write):
    for number in range(8):
        write(str(number), f"filler {number}")
    write("a", "export the payroll")
    write("b", "delete a workspace")
    alone = by_words(passage_store, "payroll")["a"]
    found = passage_store.lexical_hits([WeightedText("payroll", 0.7), WeightedText("workspace", 0.3)])
    assert ids(found) == ["a", "b"]
    assert found["a"] == pytest.approx(0.7 * alone, rel=0.01)
    both = passage_store.lexical_hits([WeightedText("payroll", 0.7), WeightedText("the payroll", 0.3)])
    assert both["a"] == pytest.approx(alone, rel=0.01)


def test_among_many_passages_a_word_that_most_have_is_not_searched_for(passage_store, monkeypatch):
    monkeypatch.setattr("knowledge.stores.words.FEW_PASSAGES", 10)
    texts = {str(n): f"the account {'of a partner' if n % 5 == 0 else 'alone'} {n}" for n in range(20)}
    passage_store.write_documents([Document(id=id_, content=text) for id_, text in texts.items()])
    assert set(by_words(passage_store, "account partner", top_k=20)) == {"0", "5", "10", "15"}
    assert len(by_words(passage_store, "account", top_k=20)) == 20, "it is all there is"


def test_both_stores_value_common_and_rare_words_alike(passage_store):
    """What FTS5 gives, word by word: log((N - n + 0.5) / (n + 0.5)), within a fifth for texts of one length."""
    shares = {"often": 12, "sometimes": 5, "rarely": 1}
    words = {n: " ".join(word if n < count else f"filler{word}" for word, count in shares.items()) for n in range(40)}
    passage_store.write_documents([Document(id=str(n), content=f"{text} here") for n, text in words.items()])
    worth = {word: by_words(passage_store, word)["0"] for word in shares}
    for word, count in shares.items():
        expected = math.log((40 - count + 0.5) / (count + 0.5))
        assert worth[word] / worth["rarely"] == pytest.approx(expected / math.log(39.5 / 1.5), rel=0.05)
        assert worth[word] == pytest.approx(expected, rel=0.2)


GERMAN = {"field": "meta.language", "operator": "==", "value": "de"}


def test_filters_apply_inside_both_searches(passage_store, write):
    for number in range(8):
        audience, language = "staff" if number % 2 else "public", "de" if number < 4 else "en"
        write(str(number), "export the payroll", [1.0, float(number)], audience=audience, language=language)
    both = {"operator": "AND", "conditions": [PUBLIC, GERMAN]}
    assert ids(passage_store.dense_hits([0.0, 1.0], filters=both, top_k=1)) == ["2"]
    assert set(ids(by_words(passage_store, "payroll", filters=both))) == {"0", "2"}
    assert len(by_words(passage_store, "payroll", filters=PUBLIC, top_k=3)) == 3


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"field": "meta.tags", "operator": "==", "value": "refund"}, {"two"}),
        ({"field": "meta.tags", "operator": "==", "value": ["billing", "refund"]}, {"two"}),
        ({"field": "meta.tags", "operator": "!=", "value": ["billing", "refund"]}, {"one", "none"}),
        ({"field": "meta.tags", "operator": "in", "value": ["refund", "export"]}, {"two"}),
        ({"field": "meta.tags", "operator": "not in", "value": ["refund"]}, {"one", "none"}),
        ({"field": "meta.tags", "operator": "==", "value": None}, {"none"}),
        ({"field": "meta.size", "operator": ">", "value": 1.5}, {"two"}),
        ({"field": "meta.size", "operator": "<=", "value": 1.5}, {"one"}),
        ({"field": "meta.day", "operator": ">=", "value": datetime(2026, 2, 1, tzinfo=UTC)}, {"two"}),
        ({"field": "meta.article_id", "operator": "in", "value": [7, 8]}, {"one"}),
        ({"field": "id", "operator": "==", "value": "two"}, {"two"}),
        ({"operator": "NOT", "conditions": [{"field": "meta.size", "operator": ">", "value": 0}]}, {"none"}),
        ({"operator": "OR", "conditions": [GERMAN, {"field": "id", "operator": "==", "value": "one"}]}, {"one", "two"}),
    ],
)
def test_filters_mean_the_same_in_both_stores(passage_store, condition, expected):
    one = {"tags": ["billing"], "size": 1.5, "day": "2026-01-05T00:00:00+00:00", "article_id": 7, "language": "en"}
    two = {
        "tags": ["billing", "refund"],
        "size": 3,
        "day": "2026-02-05T00:00:00+00:00",
        "article_id": 9,
        "language": "de",
    }
    passage_store.write_documents(
        [Document(id="one", meta=one), Document(id="two", meta=two), Document(id="none", meta={"language": "fr"})]
    )
    assert set(ids(passage_store.filter_documents(condition))) == expected


@pytest.mark.parametrize(
    "condition",
    [
        {"field": "meta.x", "operator": "like", "value": "y"},
        {"operator": "XOR", "conditions": [PUBLIC]},
        {"operator": "AND", "conditions": ["public"]},
        {"field": "meta.x", "operator": ">", "value": "not a date"},
        {"field": "meta.x", "operator": "==", "value": object()},
    ],
)
def test_a_malformed_filter_is_refused(passage_store, condition):
    with pytest.raises(FilterError):
        passage_store.filter_documents(condition)


QUERIES = [
    '"',
    "NOT AND OR",
    "a* NEAR(b, 3)",
    "col:value",
    "it's (broken",
    "",
    "   ",
    "\0",
    "日本語",
    "{}^-+",
    "x " * 3000,
]


def test_any_text_is_a_valid_query(passage_store, write):
    write("a", "some text about 日本語 and value", [1.0, 0.0])
    for query in [*QUERIES, " ".join(f"word{number}" for number in range(2000))]:
        assert isinstance(by_words(passage_store, query), Hits)


def test_an_empty_store_finds_nothing(passage_store):
    assert passage_store.dense_hits([1.0, 0.0]) == {}
    assert by_words(passage_store, "anything") == {}
    assert passage_store.document_ids() == []


def test_blobs_survive_the_store(passage_store):
    document = Document(id="1", blob=ByteStream(data=b"\x00\xff", mime_type="image/png"), content=None)
    passage_store.write_documents([document])
    assert passage_store.filter_documents()[0].blob == document.blob


def test_another_object_for_the_same_place_sees_every_change(passage_store, write):
    other = type(passage_store)(path=passage_store.path)
    write("1", "one", [1.0, 0.0])
    assert ids(other.dense_hits([1.0, 0.0])) == ["1"]
    other.delete_all_documents()
    assert passage_store.dense_hits([1.0, 0.0]) == {}


def in_threads(*works):
    """Run all at once and give what they raised."""
    errors = []

    def guarded(work):
        try:
            work()
        except Exception as exc:  # noqa: BLE001 - a thread's failure has to reach the assertion
            errors.append(exc)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_threads_write_and_search_at_once(passage_store):
    def work(number):
        for step in range(6):
            document = Document(id=f"{number}-{step}", content="shared words", embedding=[1.0, float(step)])
            passage_store.write_documents([document])
            passage_store.dense_hits([1.0, 0.0], top_k=3)
            by_words(passage_store, "shared words", top_k=3)

    assert in_threads(*(lambda n=n: work(n) for n in range(4))) == []
    assert passage_store.count_documents() == 24
    assert len(passage_store.dense_hits([1.0, 0.0], top_k=100)) == 24


def test_a_rebuild_replaces_everything(passage_store, write):
    write("old", "old words", [1.0, 0.0])
    write("kept", "old text", [1.0, 0.0])
    with passage_store.rebuilding() as target:
        target.write_documents(
            [Document(id="kept", content="new text", embedding=[1.0, 0.0])], policy=DuplicatePolicy.OVERWRITE
        )
    assert [(d.id, d.content) for d in passage_store.filter_documents()] == [("kept", "new text")]
    assert ids(passage_store.dense_hits([1.0, 0.0])) == ["kept"]


def test_a_rebuild_that_breaks_leaves_what_was_there(passage_store, write):
    write("old", "old words", [1.0, 0.0])
    with pytest.raises(RuntimeError, match="broken"), passage_store.rebuilding():
        raise RuntimeError("broken")
    assert ids(by_words(passage_store, "words")) == ["old"]


def test_searches_find_everything_at_every_moment_of_a_rebuild(passage_store):
    everything = [Document(id=str(n), content=f"shared word {n}", embedding=[1.0, 0.0]) for n in range(30)]
    passage_store.write_documents(everything)
    done, counts = threading.Event(), []

    def rebuild():
        try:
            for _round in range(3):
                with passage_store.rebuilding() as target:
                    for start in range(0, 30, 10):
                        target.write_documents(everything[start : start + 10], policy=DuplicatePolicy.OVERWRITE)
        finally:
            done.set()

    def search():
        is_over = False
        while not is_over:
            # Asked before the search, so that at least one is made, however late this thread begins.
            is_over = done.is_set()
            counts.append(len(passage_store.dense_hits([1.0, 0.0], top_k=50)))
            counts.append(len(by_words(passage_store, "shared", top_k=50)))

    assert in_threads(rebuild, search) == []
    assert set(counts) == {30}


def test_a_dump_names_the_place_and_nothing_secret(passage_store, settings):
    settings.ELASTICSEARCH_URL = settings.ELASTICSEARCH_URL.replace("://", "://me:hidden@")
    pipeline = Pipeline()
    pipeline.add_component("writer", DocumentWriter(passage_store))
    assert "hidden" not in str(pipeline.to_dict())
    again = type(passage_store).from_dict(passage_store.to_dict())
    assert (again.path, again.kind) == (passage_store.path, passage_store.kind)
    assert store_from(passage_store) is passage_store
    assert store_from(passage_store.to_dict()).path == passage_store.path
