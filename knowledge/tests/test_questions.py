"""What a question asks for is read from its words alone."""

import pytest

from knowledge.questions import names_another, names_in, rare_words, rarity, read_question, share_of

TITLES = (
    "Blue Account features and fees",
    "Navy Blue Account: Paper vs E-Statements",
    "Why am I being charged a fee on my Navy Blue Account?",
    "Understanding Blue Account overdraft fees",
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Is there a fee on the Blue Account?", {"blue", "account"}),
        ("how do I connect Xero?", {"xero"}),
        ("Xero stopped. How do I restart it?", set()),
        ("error E-4012 in my CSV", {"e-4012", "csv"}),
        ("Can I do this?", set()),
    ],
)
def test_names_are_written_with_capitals_inside_a_sentence_or_with_digits(text, names):
    assert names_in(text) == names


@pytest.mark.parametrize("question", ["How much is it?", "until when can I cancel", "what is the monthly fee"])
def test_a_figure_is_wanted(question):
    assert read_question(question).wants_figure


@pytest.mark.parametrize("question", ["How do I lower the fee?", "Is it free?", "Who is our admin?"])
def test_no_figure_is_wanted(question):
    assert not read_question(question).wants_figure


def test_a_question_without_words_of_its_own_takes_those_of_the_turns_before():
    assert "invoic" in {word[:6] for word in read_question("and there?", ["Where are my invoices?"]).words}


def test_rare_words_count_more():
    assert rarity("time") < rarity("invoice") <= rarity("kubernetes") == 1.0
    words = rare_words("time zone of kubernetes")
    assert share_of(words, "kubernetes") > share_of(words, "time")


def test_a_longer_name_is_another_thing():
    question = read_question("Is there a fee for paper statements on the Blue Account?")
    assert names_another(question, TITLES[1], TITLES)
    assert not names_another(question, TITLES[0], TITLES)


def test_the_word_that_opens_one_title_is_no_part_of_a_name():
    question = read_question("Is there an overdraft fee on the Blue Account?")
    assert not names_another(question, TITLES[3], TITLES)


def test_the_name_that_was_asked_for_is_no_other():
    question = read_question("Is there a fee for paper statements on the navy blue account?")
    assert not names_another(question, TITLES[1], TITLES)


def test_without_a_title_that_has_the_shorter_name_the_longer_one_may_be_meant():
    question = read_question("Is there a fee on the Blue Account?")
    assert not names_another(question, TITLES[1], TITLES[1:3])
