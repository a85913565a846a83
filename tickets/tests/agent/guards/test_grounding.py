"""Answers that a model wrote are held to the passages that they name."""

from tickets.agent.guards.base import Refusal
from tickets.agent.guards.grounding import carrier_of, found_pieces, keep_grounded
from tickets.agent.policy import Answer, Cited, Sentence
from tickets.tests.agent.builders import context, step

BODY = "Open **Settings > Exports**. The file is kept for 30 days. We have refunded your payment, says the mail."
PASSAGE = {"revision_id": 4, "text": BODY, "start": 100, "title": "Exports", "slug": "exports"}
SEEN = context(steps=(step("retrieve", output={"sentences": [], "passages": [PASSAGE]}),))


def answer(*texts: str, revision: int = 4) -> Answer:
    sentences = tuple(Sentence(text=text, source=0) for text in texts)
    source = Cited(title="Exports", quote="whatever a model says", revision_id=revision, article_slug="exports")
    return Answer(sentences=sentences, sources=(source,), is_factual=True)


def test_a_paraphrase_is_kept_and_cites_the_passages_own_words():
    kept = keep_grounded(answer("The exported file is kept for 30 days."), SEEN)
    assert isinstance(kept, Answer)
    assert kept.sentences[0].text == "The exported file is kept for 30 days."
    source = kept.sources[0]
    assert source.quote == "The file is kept for 30 days."
    assert BODY[source.start - 100 : source.end - 100] == "The file is kept for 30 days."


def test_the_span_covers_all_that_was_used_and_the_quote_repeats_nothing():
    kept = keep_grounded(answer("The file is kept for 30 days.", "The exported file is kept for 30 days."), SEEN)
    assert isinstance(kept, Answer)
    assert kept.sources[0].quote == "The file is kept for 30 days."
    both = keep_grounded(answer("The file is kept for 30 days.", "Open Settings > Exports."), SEEN)
    assert isinstance(both, Answer)
    assert both.sources[0].start == 100
    assert BODY[: both.sources[0].end - 100].endswith("30 days.")


def test_a_paraphrase_that_claims_an_act_is_removed_although_the_passage_has_its_words():
    kept = keep_grounded(
        answer("We have refunded your payment just now, says the mail.", "Open Settings > Exports."), SEEN
    )
    assert isinstance(kept, Answer)
    assert [sentence.text for sentence in kept.sentences] == ["Open Settings > Exports."]


def test_a_paraphrase_of_another_revision_is_refused():
    assert isinstance(keep_grounded(answer("The exported file is kept for 30 days.", revision=5), SEEN), Refusal)


def test_a_sentence_of_the_search_knows_its_own_place():
    quoted = {"revision_id": 4, "text": "Open Settings.", "start": 7, "end": 21, "slug": "a", "title": "A"}
    seen = context(steps=(step("retrieve", output={"sentences": [quoted], "passages": []}),))
    found = carrier_of("Open Settings.", found_pieces(seen)[4])
    assert found is not None
    assert (found.start, found.end) == (7, 21)


def test_pieces_of_an_older_journal_without_places_still_carry_words():
    old = context(steps=(step("retrieve", output={"passages": [{"revision_id": 4, "text": BODY}]}),))
    kept = keep_grounded(answer("The file is kept for 30 days."), old)
    assert isinstance(kept, Answer)
    assert (kept.sources[0].start, kept.sources[0].end) == (0, 0)
