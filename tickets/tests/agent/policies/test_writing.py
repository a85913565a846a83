"""A model's text is cut into sentences with the passage that each names."""

import pytest

from tickets.agent.policies.writing import Written, complete_sentences, sentences_of


def pairs(text: str):
    return [(sentence.text, sentence.passage) for sentence in sentences_of(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Open Settings. [1] Press Export. [2]",
        "Open Settings [1]. Press Export [2].",
        "Open Settings.[1]  Press Export.[2]",
    ],
)
def test_the_number_may_stand_before_or_after_the_full_stop(text):
    assert pairs(text) == [("Open Settings.", 1), ("Press Export.", 2)]


def test_a_sentence_without_a_number_takes_the_next_one_of_its_line():
    assert pairs("It is free. It takes a day [2].\nNobody says this.") == [
        ("It is free.", 2),
        ("It takes a day.", 2),
        ("Nobody says this.", None),
    ]


def test_of_several_numbers_the_first_counts():
    assert pairs("It is free [2, 3]. So is this [1][3].") == [("It is free.", 2), ("So is this.", 1)]


def test_steps_and_bullets_keep_their_marks():
    text = "Do this: [1]\n1. Open **Settings**. [1]\n2) Press `Export` [1]\n- Or ask. [2]"
    assert sentences_of(text) == (
        Written(text="Do this:", passage=1),
        Written(text="Open Settings.", passage=1, is_step=True, mark="1."),
        Written(text="Press Export", passage=1, is_step=True, mark="2."),
        Written(text="Or ask.", passage=2, mark="-"),
    )


def test_headings_and_lines_without_words_say_nothing_of_their_own():
    assert pairs("## Exports [1]\n\n---\n[2]\nPress Export. [1]") == [("Exports", 1), ("Press Export.", 1)]


def test_abbreviations_and_versions_end_no_sentence():
    assert pairs("Use a browser, e.g. Firefox 2.3, on Linux. [1]") == [
        ("Use a browser, e.g. Firefox 2.3, on Linux.", 1)
    ]


def test_of_a_text_under_way_the_last_sentence_is_not_whole_yet():
    text = "Open Settings. [1] Press Export. [2]"
    seen = [len(complete_sentences(text[:end])) for end in range(len(text) + 1)]
    assert seen == sorted(seen)
    assert seen[-1] == 1
    assert [s.text for s in complete_sentences(text)] == ["Open Settings."]


def test_nothing_is_no_sentence():
    assert sentences_of("") == ()
    assert complete_sentences("") == ()
