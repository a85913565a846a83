"""Rows of model providers: what can be stored, what is refused and how it is said."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from integrations.models import ModelProvider
from integrations.models.model_provider import base_url_problem
from integrations.tests.factories import ModelProviderFactory
from supportai.core import clock

pytestmark = pytest.mark.django_db


def problems(**fields: object) -> dict[str, list[str]]:
    values = {"name": "One", "kind": "openai_compatible", "model": "m", "base_url": "http://127.0.0.1:8000/v1"}
    row = ModelProvider(**{**values, **fields})
    try:
        row.full_clean()
    except ValidationError as exc:
        return exc.message_dict
    return {}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "ollama", "base_url": "http://localhost:11434"},
        {"base_url": "https://10.0.0.7:8443/v1/"},
        {"base_url": "http://[::1]:8000/v1"},
        {"kind": "openai", "base_url": "", "api_key": "sk-1"},
        {"kind": "anthropic", "base_url": "", "api_key": "sk-1"},
        {"kind": "google", "base_url": "", "api_key": "k"},
    ],
)
def test_what_can_work_is_accepted(fields):
    assert problems(**fields) == {}


@pytest.mark.parametrize("kind", ["openai_compatible", "ollama"])
def test_a_server_of_ones_own_needs_an_address(kind):
    assert problems(kind=kind, base_url="") == {"base_url": ["Where is it? Give its address."]}


@pytest.mark.parametrize(
    ("kind", "variable"),
    [("openai", "OPENAI_BASE_URL"), ("anthropic", "ANTHROPIC_BASE_URL"), ("google", "GOOGLE_GEMINI_BASE_URL")],
)
def test_the_others_have_one_address_and_the_message_names_the_variable_for_another(kind, variable):
    (message,) = problems(kind=kind, base_url="https://gateway.example", api_key="k")["base_url"]
    assert variable in message


@pytest.mark.parametrize("kind", ["openai", "anthropic", "google"])
def test_a_kind_that_needs_a_key_says_so(kind):
    (message,) = problems(kind=kind, base_url="", api_key="")["api_key"]
    assert "needs a key" in message


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("ftp://models.example/v1", "http"),
        ("file:///etc/passwd", "http"),
        ("models.example/v1", "http"),
        ("localhost:11434", "http"),
        ("http://", "host"),
        ("http://user:pw@models.example/v1", "password"),
        ("http://token@models.example/v1", "password"),
        ("http://models.example/v1?key=1", "?"),
        ("http://models.example/v1#x", "#"),
        ("http://models.example:99999/v1", "no web address"),
        ("http://models.example:0/v1", "Port 0"),
        ("http://[::1/v1", "no web address"),
    ],
)
def test_an_address_that_cannot_be_used_says_what_to_change(url, word):
    assert word in base_url_problem(url)
    assert list(problems(base_url=url)) == ["base_url"]


def test_an_unknown_kind_is_refused_once():
    assert list(problems(kind="telepathy")) == ["kind"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timeout_seconds", 0),
        ("timeout_seconds", 301),
        ("max_output_tokens", 5),
        ("max_output_tokens", 200_000),
        ("input_price", "-1"),
        ("output_price", "-0.5"),
    ],
)
def test_limits_and_prices_stay_in_bounds(field, value):
    assert list(problems(**{field: value})) == [field]


def test_the_address_is_stored_without_a_slash_at_its_end():
    row = ModelProvider(name="A", kind="ollama", model="m", base_url=" http://localhost:11434/ ")
    row.full_clean()
    assert row.base_url == "http://localhost:11434"


def test_the_key_is_encrypted_and_in_no_version():
    row = ModelProviderFactory(api_key="sk-plain-text")
    with connection.cursor() as cursor:
        cursor.execute("select api_key from integrations_modelprovider where id = %s", [row.pk])
        (stored,) = cursor.fetchone()
    assert "sk-plain-text" not in stored
    assert ModelProvider.objects.get(pk=row.pk).api_key == "sk-plain-text"
    assert "api_key" not in {field.name for field in row.history.model._meta.fields}


def test_they_come_in_their_order():
    last, first = ModelProviderFactory(position=9), ModelProviderFactory(position=1)
    assert list(ModelProvider.objects.all()) == [first, last]


@pytest.mark.parametrize(
    ("failed", "worked", "is_failing"),
    [(None, None, False), (None, 1, False), (1, None, True), (2, 1, False), (1, 2, True)],
)
def test_it_fails_while_the_last_thing_it_did_was_to_fail(failed, worked, is_failing):
    def ago(hours):
        return None if hours is None else clock.now() - timedelta(hours=hours)

    assert ModelProvider(last_failure_at=ago(failed), last_success_at=ago(worked)).is_failing is is_failing


@pytest.mark.parametrize(
    "fields",
    [{"kind": "ollama", "base_url": ""}, {"kind": "openai", "base_url": "http://a.example"}, {"timeout_seconds": 0}],
)
def test_the_database_holds_what_the_form_asks_for(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelProviderFactory(**fields)
