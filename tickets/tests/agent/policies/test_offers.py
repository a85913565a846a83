"""A model is offered what is allowed now, and nothing else."""

import pytest

from tickets.agent import understanding
from tickets.agent.policies.offers import Meaning, offer_for
from tickets.agent.policy import Ask, to_json
from tickets.selectors_agent import ProcedureRule
from tickets.tests.agent.builders import context, intent, procedure, settings, step

ALWAYS = {"answer_from_articles", "thanks", "did_not_help", "wants_a_person", "small_talk", "nothing_of_these"}
REFUND = ProcedureRule(
    slug="refund", name="Refund", needs_identity=True, guidance="For charges of the last weeks.", steps=()
)
DESK = settings(
    intents=(
        intent("refund", "refund me", name="A refund"),
        intent("outage", "it is down"),
        intent("how_to", "how do I", is_how_to=True),
        intent("human_request", "a person"),
        intent("small_talk", "hi"),
        intent("other", "sing"),
        intent("plan", "another plan", stage="off"),
    ),
    procedures=(REFUND, procedure("plan")),
)


@pytest.fixture(autouse=True)
def near(monkeypatch):
    """Give each intent two phrases without the embedding model."""
    found = {"refund": ("give me my money back", "x" * 300), "outage": ()}
    monkeypatch.setattr(understanding, "nearest_phrases", lambda text, settings, *, each: found)


def offered(pending: Ask | None = None, desk=DESK):
    earlier = (step("ask", **to_json(pending)),) if pending else ()
    return offer_for(context("hello", settings=desk, earlier=earlier))


def test_there_is_a_tool_for_each_wish_that_is_not_off_and_for_what_always_goes():
    names = {tool.name for tool in offered().tools}
    assert names == ALWAYS | {"refund", "outage"}


def test_an_intent_that_is_off_is_not_among_what_could_be_chosen():
    assert "plan" not in offered().intents
    assert {"refund", "outage", "other"} <= offered().intents


def test_a_description_holds_name_guidance_and_phrases():
    text = next(tool.description for tool in offered().tools if tool.name == "refund")
    assert "A refund" in text
    assert "For charges of the last weeks." in text
    assert '"give me my money back"' in text
    assert "x" * 121 not in text
    bare = next(tool.description for tool in offered().tools if tool.name == "outage")
    assert "Such as" not in bare


@pytest.mark.parametrize(
    ("expects", "names"),
    [
        ("confirm", {"answer_yes", "answer_no"}),
        ("choice", {"choose_option"}),
        ("value", {"give_value"}),
        ("intent", set()),
        ("open", set()),
    ],
)
def test_an_open_question_brings_the_tools_to_answer_it(expects, names):
    extra = {tool.name for tool in offered(Ask(text="?", expects=expects)).tools} - ALWAYS - {"refund", "outage"}
    assert extra == names


def test_each_tool_has_a_meaning():
    offer = offered(Ask(text="?", expects="confirm"))
    assert set(offer.meanings) == {tool.name for tool in offer.tools}
    assert offer.meanings["refund"] == Meaning(kind="intent", label="refund")
    assert offer.meanings["did_not_help"] == Meaning(kind="act", label="not_helpful")


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("two-words", "two_words"), ("2fa-lost", "wish_2fa_lost"), ("thanks", "thanks_2"), ("answer_yes", "answer_yes_2"),
        ("Ünlü", "nl"), ("x" * 60, "x" * 48),
    ],
)  # fmt: skip
def test_any_slug_makes_a_name_that_every_provider_takes(slug, name):
    offer = offered(desk=settings(intents=(intent(slug, "a phrase"),)))
    assert offer.meanings[name] == Meaning(kind="intent", label=slug)


def test_slugs_that_look_alike_get_names_of_their_own():
    offer = offered(desk=settings(intents=(intent("a-b", "x"), intent("a_b", "y"))))
    assert {offer.meanings["a_b"].label, offer.meanings["a_b_2"].label} == {"a-b", "a_b"}
