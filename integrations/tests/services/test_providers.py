"""Which models are asked, what is remembered of them, and the check that the admin makes."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from integrations.models import ModelProvider
from integrations.services.generators import ModelError, ModelMessage, active_providers, complete
from integrations.services.generators.providers import note_failure, note_success, settings_of
from integrations.services.providers import check_provider
from integrations.tests.factories import ModelProviderFactory
from supportai.core import clock
from supportai.tests.model_server import ModelReply, ModelRequest, ModelServer

pytestmark = pytest.mark.django_db
DEFAULT = {"provider": "ollama", "model": "qwen3:8b", "base_url": "http://localhost:11434/", "api_key": ""}


def ready(request: ModelRequest) -> ModelReply:
    return ModelReply("", [("report_ready", {"word": "ready"})])


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(ready, pause_seconds=0.02) as running:
        yield running


def test_without_rows_and_settings_there_is_none(settings):
    settings.LLM = {**DEFAULT, "provider": ""}
    assert active_providers() == ()


def test_the_environment_gives_a_default(settings):
    settings.LLM = DEFAULT
    (found,) = active_providers()
    assert (found.name, found.kind, found.model, found.base_url) == (
        "default",
        "ollama",
        "qwen3:8b",
        "http://localhost:11434",
    )
    assert found.provider_id is None


def test_a_default_without_a_model_is_none(settings):
    settings.LLM = {**DEFAULT, "model": ""}
    assert active_providers() == ()


def test_rows_come_before_the_default_in_their_order(settings):
    settings.LLM = DEFAULT
    second, first = ModelProviderFactory(position=2), ModelProviderFactory(position=1)
    ModelProviderFactory(position=0, is_enabled=False)
    assert [found.provider_id for found in active_providers()] == [first.pk, second.pk]


def test_with_every_row_switched_off_the_default_is_asked(settings):
    settings.LLM = DEFAULT
    ModelProviderFactory(is_enabled=False)
    assert [found.name for found in active_providers()] == ["default"]


def test_a_row_s_settings_are_what_it_says():
    row = ModelProviderFactory(
        api_key="sk-1",
        timeout_seconds=12.5,
        max_output_tokens=99,
        is_structured=True,
        input_price="0.25",
        output_price="2",
    )
    row.refresh_from_db()
    found = settings_of(row)
    assert (found.api_key, found.timeout_seconds, found.max_output_tokens) == ("sk-1", 12.5, 99)
    assert (found.is_structured, found.input_price, found.output_price) == (True, Decimal("0.25"), Decimal(2))
    assert "sk-1" not in repr(found)


def test_reading_them_takes_one_query(django_assert_num_queries):
    for _ in range(3):
        ModelProviderFactory()
    with django_assert_num_queries(1):
        active_providers()


def test_a_failure_is_remembered_without_a_new_version():
    row = ModelProviderFactory()
    versions = row.history.count()
    note_failure(settings_of(row), "It does not accept the key. " + "x" * 400)
    row.refresh_from_db()
    assert row.is_failing
    assert row.last_failure.startswith("It does not accept the key.")
    assert row.history.count() == versions


def test_success_after_a_failure_is_remembered_at_once():
    row = ModelProviderFactory(last_success_at=clock.now() - timedelta(seconds=2), last_failure_at=clock.now())
    note_success(settings_of(row))
    row.refresh_from_db()
    assert not row.is_failing


def test_success_is_written_once_a_minute():
    row = ModelProviderFactory(last_success_at=clock.now() - timedelta(seconds=10))
    before = row.last_success_at
    note_success(settings_of(row))
    row.refresh_from_db()
    assert row.last_success_at == before
    with clock.moved(timedelta(minutes=2)):
        note_success(settings_of(row))
    row.refresh_from_db()
    assert row.last_success_at > before


def test_the_default_leaves_no_trace(settings):
    settings.LLM = DEFAULT
    (default,) = active_providers()
    other = ModelProviderFactory()
    note_failure(default, "gone")
    note_success(default)
    other.refresh_from_db()
    assert (other.last_failure, other.last_success_at) == ("", None)


def test_a_row_that_was_deleted_meanwhile_does_not_break_the_answer(server):
    row = ModelProviderFactory(base_url=server.openai_url)
    found = settings_of(row)
    row.delete()
    server.brain = lambda _request: ModelReply("Hello")
    assert complete(found, [ModelMessage(role="user", text="Hi")]).text == "Hello"


def test_what_became_of_a_call_is_on_the_row(server):
    row = ModelProviderFactory(base_url=server.openai_url)
    server.brain = lambda _request: ModelReply("Hello")
    server.script("refused")
    with pytest.raises(ModelError):
        complete(settings_of(row), [ModelMessage(role="user", text="Hi")])
    row.refresh_from_db()
    assert row.last_failure == "It does not accept the key. (401)"
    complete(settings_of(row), [ModelMessage(role="user", text="Hi")])
    row.refresh_from_db()
    assert row.last_success_at is not None
    assert not row.is_failing


def test_a_check_tells_how_long_it_took_and_that_tools_work(server):
    row = ModelProviderFactory(name="Mine", base_url=server.openai_url)
    found = check_provider(provider_id=row.pk)
    assert (found.is_ok, found.can_call_tools) == (True, True)
    assert "Mine (scripted-1) answers and calls tools" in found.text
    assert "120 tokens read and 30 written" in found.text


@pytest.mark.parametrize(
    ("is_structured", "advice"), [(False, "switch structured answers on"), (True, "another model")]
)
def test_a_check_advises_when_no_tool_was_called(server, is_structured, advice):
    row = ModelProviderFactory(base_url=server.openai_url, is_structured=is_structured)
    server.brain = lambda _request: ModelReply("I am ready")
    found = check_provider(provider_id=row.pk)
    assert (found.is_ok, found.can_call_tools) == (True, False)
    assert advice in found.text


@pytest.mark.parametrize(("fault", "words"), [("refused", "does not accept the key"), ("html", "A web page answered")])
def test_a_check_says_what_is_wrong(server, fault, words):
    row = ModelProviderFactory(base_url=server.openai_url, api_key="sk-never-shown-0123456789")
    server.fault = fault
    found = check_provider(provider_id=row.pk)
    assert not found.is_ok
    assert words in found.text
    assert "never-shown" not in found.text
    assert ModelProvider.objects.get(pk=row.pk).is_failing


def test_nobody_waits_longer_than_half_a_minute_for_a_check(server, monkeypatch):
    monkeypatch.setattr("integrations.services.providers.LONGEST_SECONDS", 0.3)
    row = ModelProviderFactory(base_url=server.openai_url, timeout_seconds=300)
    server.fault = "hang"
    assert "in time" in check_provider(provider_id=row.pk).text
