import pytest

from knowledge.markdown import to_plain
from knowledge.services import answerability
from knowledge.services.answers import compose
from knowledge.services.search import FoundPassage

STEPS = """To invite somebody, follow these steps:

1. Open **Team** and choose **Invite**.
2. Enter the address.
   - several are separated by commas
3. Choose a role and select Send.

The mail is valid for seven days. It can be sent again from the same page. Guests are free on every plan.
"""
PRICES = """Paying for a year costs ten months.

| Plan | Price |
|---|---|
| Free | $0 |
| Pro | $49 |
| Business | $99 |
"""
REFUND = (
    "We start refunds on the day they are decided. Banks need 5 to 10 business days until the money shows. "
    "Refunds always go to the card that paid."
)


def passage(number, title, body, *, heading="", dense=0.7, lexical=5.0, start=0):
    return FoundPassage(
        passage_id=number,
        revision_id=number,
        article_id=number,
        slug=title.lower().replace(" ", "-"),
        title=title,
        heading=heading,
        body=body,
        start=start,
        end=start + len(body),
        score=dense + 0.005 * lexical,
        dense=dense,
        lexical=lexical,
        origin="article",
    )


INVITE = passage(1, "Invite colleagues", STEPS, dense=0.82, start=100)
PLANS = passage(2, "Plans and prices", PRICES, dense=0.8)
REFUNDS = passage(3, "Refunds", REFUND, heading="How long a refund takes", dense=0.84)
OTHER = passage(4, "Webhooks", "Each delivery carries a signature over the raw body of it.", dense=0.5, lexical=0)


def texts(answer):
    return [sentence.text for sentence in answer.sentences]


def test_a_how_to_gives_every_step_with_the_line_that_announces_them():
    answer = compose(question="How do I invite a colleague?", passages=[INVITE, OTHER])
    assert texts(answer) == [
        "To invite somebody, follow these steps:",
        "Open Team and choose Invite.",
        "Enter the address.\n- several are separated by commas",
        "Choose a role and select Send.",
    ]
    assert [sentence.mark for sentence in answer.sentences] == ["", "1.", "2.", "3."]
    assert [sentence.is_step for sentence in answer.sentences] == [False, True, True, True]


def test_spans_point_into_the_revision():
    answer = compose(question="How do I invite a colleague?", passages=[INVITE])
    body = " " * 100 + STEPS
    for sentence in answer.sentences:
        there = " ".join(to_plain(body[sentence.start : sentence.end]).split())
        assert there == " ".join(sentence.text.split())


def test_a_question_about_a_detail_gets_the_sentences_and_not_the_steps():
    answer = compose(question="For how many days is the invitation mail valid?", passages=[INVITE, OTHER])
    assert answer.sentences[0].text == "The mail is valid for seven days."
    assert not any(sentence.is_step for sentence in answer.sentences)


def test_a_short_passage_is_quoted_whole():
    answer = compose(question="how long does a refund take?", passages=[REFUNDS, OTHER])
    assert " ".join(texts(answer)) == REFUND


def test_a_table_gives_its_head_and_the_row_that_was_named():
    answer = compose(question="What does the pro plan cost?", passages=[PLANS, OTHER])
    assert texts(answer) == ["Plan | Price", "Pro | $49"]


def test_a_table_is_given_whole_when_no_row_was_named():
    assert len(compose(question="Which plans are there?", passages=[PLANS]).sentences) == 4


ERRORS = """Each error has a code, and each code has a meaning and a way out of it.

| Code | Meaning | What to do |
|---|---|---|
| invalid_api_key | The API key is wrong | Make a new key |
| index_not_found | There is no such index | Create the index first |
| index_already_exists | The index is there | Choose another name for the index |
| document_not_found | There is no such document | Check its id |
| payload_too_large | The payload has over 100 MB | Send less of the payload at once |
| rate_limit | Too many requests | Wait a minute |
"""
TIERS = """Prices by plan, for each month.

| Plan | Price |
|---|---|
| Free | $0 |
| Pro | $49 |
| Pro Plus | $79 |
| Business | $99 |
"""


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("What does the error index_not_found mean?", ["index_not_found"]),
        ("I get index_already_exists, what now?", ["index_already_exists"]),
        ("What does invalid_api_key mean?", ["invalid_api_key"]),
        ("What does index_not_found or rate_limit mean?", ["index_not_found", "rate_limit"]),
    ],
)
def test_a_row_that_shares_some_words_with_the_named_one_is_left_out(question, rows):
    answer = compose(question=question, passages=[passage(1, "Error codes", ERRORS, dense=0.85), OTHER])
    assert [text.partition(" |")[0] for text in texts(answer) if "|" in text] == ["Code", *rows]


@pytest.mark.parametrize(
    ("question", "plans"),
    [
        ("What does the Pro plan cost?", ["Pro"]),
        ("What does Pro Plus cost?", ["Pro Plus"]),
        ("How much are Free and Business?", ["Free", "Business"]),
        ("What do the plans cost?", ["Free", "Pro", "Pro Plus", "Business"]),
    ],
)
def test_of_plans_with_similar_names_the_one_called_so_is_quoted(question, plans):
    answer = compose(question=question, passages=[passage(1, "Prices", TIERS, dense=0.85), OTHER])
    assert [text.partition(" |")[0] for text in texts(answer) if "|" in text] == ["Plan", *plans]


INSTALL = """To install the tool, follow these steps:

1. Download the archive for your system.
2. Unpack it and run the installer:

   ```bash
   tar xf tool.tgz
   ./install \\
     --quiet
   ```
3. Open a new terminal.
"""


def test_code_in_a_step_keeps_its_lines_and_its_place():
    answer = compose(question="How do I install the tool?", passages=[passage(1, "Install", INSTALL, start=50), OTHER])
    step = answer.sentences[2]
    assert step.text == "Unpack it and run the installer:\n```bash\ntar xf tool.tgz\n./install \\\n  --quiet\n```"
    quoted = (" " * 50 + INSTALL)[step.start : step.end]
    assert quoted.startswith("Unpack it")
    assert quoted.endswith("```")


def test_the_named_product_wins_over_a_better_fitting_text_on_another_one():
    def application(number, name, dense):
        body = f"1. Submit your application for {name}.\n2. Provide the documents.\n3. Accept the terms.\n"
        return passage(number, f"{name}: how to apply", body, dense=dense)

    gold, diamond = application(1, "Gold card", 0.80), application(2, "Diamond card", 0.77)
    fees = passage(3, "Diamond card: fees", "The yearly fee of the card is ninety dollars.", dense=0.7)
    answer = compose(question="How do I apply for the Diamond card?", passages=[gold, diamond, fees])
    assert answer.sentences[0].passage == diamond


def test_instructions_win_over_conditions_when_a_way_is_asked_for():
    conditions = passage(
        1, "Close an account", "1. The balance is zero.\n2. The account is open for a month.\n", dense=0.8
    )
    way = passage(
        2, "Close an account", "1. Open **Accounts** in the menu.\n2. Choose **Close** beside the account.\n", dense=0.8
    )
    answer = compose(question="How do I close an account?", passages=[conditions, way])
    assert answer.sentences[0].passage == way


def test_no_answer_is_long():
    long = passage(1, "Story", "This sentence on exports says a little more than the last one did. " * 40, dense=0.8)
    answer = compose(question="What do you say on exports?", passages=[long])
    assert len(answer.sentences) <= 6


@pytest.mark.parametrize(("question", "passages"), [("", [INVITE]), ("  ", [INVITE]), ("How?", [])])
def test_nothing_asked_or_nothing_found_is_no_answer(question, passages):
    answer = compose(question=question, passages=passages)
    assert (answer.sentences, answer.probability) == ((), 0.0)


def test_a_passage_without_sentences_is_no_answer():
    answer = compose(question="export", passages=[passage(1, "Export", "---")])
    assert (answer.sentences, answer.probability) == ((), 0.0)


def test_off_topic_questions_are_improbable_and_fitting_ones_are_not():
    good = compose(question="how long does a refund take?", passages=[REFUNDS, PLANS, INVITE, OTHER])
    weather = passage(
        5, "Notices", "With the daily digest mails come once, at eight in the morning.", dense=0.47, lexical=0
    )
    bad = compose(question="what is the weather in Paris", passages=[weather, OTHER])
    assert good.probability > 0.6
    assert bad.probability < 0.2


@pytest.mark.parametrize(
    "question",
    [
        "How do I export?",
        "how can we pay",
        "Hi, how to invite people",
        "Where do I find it?",
        "I want to change my card",
        "steps for SSO",
    ],
)
def test_asking_for_a_way(question):
    assert answerability.asks_how(question)


@pytest.mark.parametrize(
    "question", ["How much is it?", "how long does it take?", "What is SSO?", "Is it free?", "Can I get a refund?"]
)
def test_asking_for_a_fact(question):
    assert not answerability.asks_how(question)


def test_every_feature_has_a_coefficient():
    values = compose(question="refund", passages=[REFUNDS]).features
    assert set(values) == set(answerability.FEATURES)
    assert set(answerability._model().weights) == set(answerability.FEATURES)
