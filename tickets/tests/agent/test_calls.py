"""Model calls as the journal keeps them and people read them."""

from dataclasses import asdict

from tickets.agent.calls import ModelCall, call_in_words, dollars, faults_in_words, totals

USED = ModelCall(
    provider="Beta", model="m-2", prompt="answer-1", input_tokens=800, output_tokens=30, cost_microdollars=1234,
    duration_ms=1300, said="wrote 2 sentences",
)  # fmt: skip
LATE = ModelCall(provider="Alpha", model="m-1", prompt="answer-1", duration_ms=20_000, fault="timed out after 20 s")
SKIPPED = ModelCall(provider="Alpha", model="m-1", prompt="answer-1", fault="was passed over", is_skipped=True)


def test_a_step_counts_what_all_attempts_took_and_names_the_one_that_was_heard():
    fields = totals([LATE, USED])
    assert (fields["model"], fields["tokens"], fields["cost_microdollars"]) == ("Beta: m-2", 830, 1234)
    assert [call["fault"] for call in fields["calls"]] == ["timed out after 20 s", ""]


def test_without_a_model_a_step_names_none():
    assert totals([]) == {"model": "", "tokens": 0, "cost_microdollars": 0, "calls": []}
    assert totals([LATE])["model"] == ""


def test_faults_are_told_with_who_went_on():
    assert faults_in_words([USED]) == ""
    assert faults_in_words([LATE, USED]) == "Alpha timed out after 20 s; Beta went on."
    assert (
        faults_in_words([LATE, SKIPPED])
        == "Alpha timed out after 20 s, Alpha was passed over; the local policy went on."
    )


def test_a_call_is_one_line_with_what_it_cost():
    assert (
        call_in_words(asdict(USED)) == "Beta, m-2 wrote 2 sentences, 800 + 30 tokens, $0.0012, 1.3 s, prompt answer-1"
    )
    assert call_in_words(asdict(LATE)) == "Alpha, m-1, timed out after 20 s, 20.0 s, prompt answer-1"
    assert call_in_words(asdict(SKIPPED)) == "Alpha, m-1, not asked: was passed over"


def test_a_model_without_a_price_is_not_called_free():
    assert dollars(0) == "no price set"
    assert dollars(1_500_000) == "$1.5000"
