"""What is masked, and what must stay readable."""

import pytest

from supportai.core.redaction import is_card_number, redact


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to ana@northwind.example please", "Write to [email] please"),
        ("ANA.Ruiz+x@sub.northwind.example", "[email]"),
        ("card 4242 4242 4242 4242 was charged", "card [card] was charged"),
        ("card 4242-4242-4242-4242", "card [card]"),
        ("amex 378282246310005.", "amex [card]."),
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN [account]"),
        ("IBAN GB82WEST12345698765432", "IBAN [account]"),
        ("call +49 30 901820", "call [phone]"),
        ("call +1 (555) 010-9999 now", "call [phone] now"),
        ("key sk_live_abcdefghijklmnop", "key [secret]"),
        ("token: hunter2secret", "[secret]"),
        ("my password = Tr0ub4dor&3", "my [secret]"),
        ("api-key: 123abc", "[secret]"),
        ("eyJhbGciOi.eyJzdWIiOiIx.c2lnbmF0dXJl", "[secret]"),
        ("two a@b.example and c@d.example", "two [email] and [email]"),
    ],
)
def test_personal_data_and_secrets_are_masked(text, masked):
    assert redact(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I was charged twice on 3 November, $49.00 each.",
        "Order 1234567890123456 is late",  # sixteen digits that are no card: the check digit is wrong
        "Version 2.14.0 at 10:30",
        "invoice INV-2026-0042",
        "ticket #4711",
        "the @ sign",
        "The password reset mail never came",
        "https://help.example/articles/invite-a-colleague",
        "5 + 3 = 8",
    ],
)
def test_ordinary_text_stays(text):
    assert redact(text) == text


def test_masking_twice_changes_nothing():
    once = redact("ana@northwind.example 4242 4242 4242 4242 token=abc")
    assert redact(once) == once


@pytest.mark.parametrize(("digits", "is_card"), [("4242424242424242", True), ("4242424242424241", False)])
def test_the_check_digit_tells_cards_from_other_numbers(digits, is_card):
    assert is_card_number(digits) is is_card


def test_a_long_text_is_masked_in_reasonable_time():
    text = ("a" * 50 + "@" + "b" * 50 + " 1 2 3 4 5 6 7 8 9 ") * 500
    assert isinstance(redact(text), str)


def test_an_address_of_any_length_is_masked():
    assert redact("x" * 100 + "@" + "y" * 100 + ".example") == "[email]"
