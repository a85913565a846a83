"""Passages of all articles compared with each other."""

from knowledge.services.comparing import Likeness, Text, by_articles, compare, names_in, shared_share

REFUND = "A refund goes back to the card that was charged. It takes up to five business days until your bank shows it."


def text(article_id: int, body: str, *, title: str = "Refunds", **fields) -> Text:
    known = {"heading": "", "language": "en", "audience": "public", "rank": (1, article_id)}
    return Text(article_id, title, body=body, **{**known, **fields})


def test_copied_passages_of_two_articles_are_duplicates():
    alike, conflicts = compare(
        [text(1, REFUND), text(2, REFUND + " Ask us if it does not."), text(3, "Invite a colleague.")]
    )
    assert [(pair.left.article_id, pair.right.article_id) for pair in alike] == [(2, 1)]
    assert conflicts == []


def test_one_article_may_repeat_itself():
    assert compare([text(1, REFUND), text(1, REFUND)]) == ([], [])


def test_other_languages_and_readers_are_no_duplicates():
    german, staff = text(2, REFUND, language="de"), text(3, REFUND, audience="staff")
    assert compare([text(1, REFUND), german, staff]) == ([], [])


def test_a_phrase_of_the_house_is_no_duplicate():
    phrase = "Do you need more help? Write to our support team at any time, we answer within one working day."
    assert compare([text(number, phrase) for number in range(6)]) == ([], [])


def test_contradicting_passages_are_no_duplicates_and_the_more_trusted_stands_first():
    learned = text(1, REFUND.replace("five", "ten"), rank=(0, 1))
    alike, conflicts = compare([learned, text(2, REFUND, rank=(2, 1))])
    assert alike == []
    assert [(c.left.article_id, c.right.article_id) for c in conflicts] == [(2, 1)]
    assert "five business days" in conflicts[0].about.left


def test_passages_about_different_things_are_not_compared():
    left = text(1, "The export of reports takes 5 minutes and is sent by mail.", title="Export reports")
    right = text(2, "The oven of our canteen takes 20 minutes to bake bread.", title="Canteen")
    assert compare([left, right]) == ([], [])


def test_every_passage_is_counted_once():
    read: list[int] = []
    compare([text(1, REFUND), text(2, "Hi"), *[text(number, REFUND) for number in range(3, 9)]], read.append)
    assert sum(read) == 8


def test_short_texts_are_too_short_to_tell():
    assert shared_share("Open the settings.", "Open the settings.") == 0.0
    assert shared_share(REFUND, REFUND) == 1.0


def test_each_two_articles_are_named_once_with_their_best_passages():
    weak, strong = (Likeness(text(1, REFUND), text(2, REFUND), score) for score in (0.7, 0.9))
    assert by_articles([weak, strong]) == [(strong, 2)]


def test_articles_about_two_products_do_not_contradict_each_other():
    """Names are known by how all articles write them, also where they stand first in a title."""
    body = "With the %s you pay a yearly fee for the service. The yearly fee for the service is %s dollars."
    blue = text(1, body % ("Blue Account", "20"), title="Blue account at a glance")
    green = text(2, body % ("Green Account", "90"), title="Green account at a glance")
    assert compare([blue, green])[1] == []
    assert len(compare([blue, text(2, body % ("Blue Account", "90"), title="The blue account")])[1]) == 1


def test_a_name_that_all_articles_use_tells_nothing_apart():
    texts = [
        text(number, f"Here is what you do in Fernway and Room{'abcdefghij'[number]} today.") for number in range(9)
    ]
    assert "fernway" not in names_in(texts)
    assert "rooma" in names_in(texts)
