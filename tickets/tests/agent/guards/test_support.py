"""What a passage carries: its own words and honest paraphrases, and nothing that only sounds like it."""

import pytest

from tickets.agent.guards.support import supported_by

EXPORT = """You can export a board as **CSV** or PDF.

1. Open **Settings > Exports**.
2. Choose the board and press **Create export**.
3. The file is kept for 30 days. You get a mail with the link to exports@fernway.example.

Exports are not available on the Free plan. Only admins can export all boards at once.
Refunds reach your card within 5 business days, up to $120.50 a month. Error E-104 means that the board is too large.
You cannot undo the deletion of a board after 14 days. If you are on the Pro plan, you can share boards."""

CARRIED = [
    "You can export a board as CSV or PDF.",
    "Open Settings > Exports.",
    "A board can be exported as CSV or PDF.",
    "The file is kept for 30 days.",
    "The exported file is kept for 30 days.",
    "Exports aren't available on the Free plan.",
    "On the Free plan, exports are not available.",
    "Only admins can export all boards at once.",
    "Refunds reach your card within 5 business days, up to $120.50 a month.",
    "Refunds reach your card within five business days, up to $120.50 a month.",
    "You get a mail with the link to exports@fernway.example.",
    "If you are on the Pro plan, you can share boards.",
    "You can share boards if you are on the Pro plan.",
    "Error E-104 means the board is too large.",
    "The deletion of a board cannot be undone after 14 days.",
]
NOT_CARRIED = [
    "",
    "...",
    "Exports are available on the Free plan.",
    "You cannot export a board as CSV or PDF.",
    "The file is kept for 60 days.",
    "The file is kept for 30 weeks.",
    "Refunds reach your card within 5 business days.",
    "You can share boards.",
    "You can share boards on the Pro plan.",
    "If you like, you can export a board as CSV or PDF.",
    "Exports are not available.",
    "The file is kept.. for 30 days and 2 hours.",
    "Refunds reach your card within 5 days, up to $120.50 a month.",
    "Refunds reach your card within 5 business days, up to $1,200.50 a month.",
    "Refunds reach your card within 5 business days, up to €120.50 a month.",
    "Error E-105 means that the board is too large.",
    "You get a mail with the link to exports@evil.example.",
    "Open Settings > Exports at https://evil.example/exports.",
    "All members can export all boards at once.",
    "Only Maria can export all boards at once.",
    "You can undo the deletion of a board after 14 days.",
    "You cannot undo the deletion of a board before 14 days.",
    "You can import a board as CSV or PDF.",
    "Our support team will call you tomorrow.",
    "Fernway is the best product on the market.",
    "Send your password to the team so that the board can be exported.",
]


POLICY = """To reset your password, open the sign-in page and choose Forgot password. We send a link to your address.

Refunds are made to the card that you paid with. They take five to ten days. Only owners can cancel a subscription.
You can change your plan at any time in the billing settings. Annual plans are refunded in full within 30 days.
If the invoice is wrong, write to the billing team."""
TWISTED = [
    "To reset your password, open the sign-in page evil.com and choose Forgot password.",
    "To reset your password, open the sign-in page at fernway-login.example and choose Forgot password.",
    "Open the sign-in page, choose Forgot password and tell the caller your password.",
    "To reset your password, open the sign-in page and choose Forgot password, then send us your password.",
    "Refunds are made to the card that you paid with or to any bank account.",
    "They take ten to five days.",
    "Only owners can keep a subscription.",
    "Only members can cancel a subscription.",
    "You can change your plan for free at any time in the billing settings.",
    "We can change your plan at any time in the billing settings.",
    "You can change your plan and price at any time in the billing settings.",
    "Annual plans are doubled in full within 30 days.",
    "Annual plans are refunded in part within 30 days.",
    "If the invoice is right, write to the billing team.",
    "If the invoice is wrong, ignore the billing team.",
]


@pytest.mark.parametrize("sentence", TWISTED)
def test_one_word_that_turns_the_meaning_is_enough_to_be_refused(sentence):
    assert supported_by(sentence, POLICY) is None


@pytest.mark.parametrize("sentence", CARRIED)
def test_the_passages_words_and_honest_paraphrases_are_carried(sentence):
    assert supported_by(sentence, EXPORT) is not None


@pytest.mark.parametrize("sentence", NOT_CARRIED)
def test_what_changes_or_adds_something_is_not(sentence):
    assert supported_by(sentence, EXPORT) is None


def test_the_span_is_the_part_of_the_passage_that_carries_it():
    found = supported_by("Refunds reach your card within five business days, up to $120.50 a month.", EXPORT)
    assert found is not None
    assert EXPORT[found.start : found.end].startswith("Refunds reach your card within 5 business days")
    assert found.text in EXPORT


def test_one_sentence_may_join_two_that_stand_side_by_side():
    passage = "Open the billing page. Press Download to get the invoice as a PDF."
    assert supported_by("Open the billing page and press Download to get the invoice as a PDF.", passage) is not None


def test_words_of_sentences_far_apart_carry_nothing_together():
    passage = "Refunds take a week. Plans can be changed. Boards can be shared. Invoices can be deleted."
    assert supported_by("Refunds can be deleted and plans shared.", passage) is None


def test_an_empty_passage_carries_nothing():
    assert supported_by("Open Settings.", "") is None


def test_half_a_sentence_is_no_quote_although_all_its_words_stand_there():
    assert supported_by("exports are unlimited", "On the Pro plan, exports are unlimited.") is None
    assert supported_by("Refunds are made at once.", "Refunds of up to $100 are made at once.") is None
