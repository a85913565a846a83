"""A customer is sent to a person for the language only when it surely is a foreign one."""

import pytest

from tickets.agent.language import NOTICES, foreign_language


@pytest.mark.parametrize(
    "text",
    [
        "You debited 19 euros twice for the same plan",
        "please reset my password",
        "how can I start kiosk mode on the clock?",
        "send me a password reset link",
        "got billd twice for novmber",
        "ok",
        "",
        "ch_1 ch_2 FW-2041",
        "404 404 404 !!! ???",
    ],
)
def test_english_stays_english_however_it_is_written(text):
    assert foreign_language(text, ("en",)) == ""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ich habe mein Passwort vergessen", "de"),
        ("J'ai été facturé deux fois ce mois-ci", "fr"),
        ("Me han cobrado dos veces este mes", "es"),
        ("Ik heb twee keer betaald voor hetzelfde abonnement", "nl"),
        ("パスワードを忘れました", "ja"),
    ],
)
def test_a_foreign_language_is_named(text, code):
    assert foreign_language(text, ("en",)) == code
    assert code in NOTICES


def test_a_language_that_the_brand_answers_in_is_not_foreign():
    assert foreign_language("Ich habe mein Passwort vergessen", ("en", "de")) == ""
