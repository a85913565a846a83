"""Which language models there are, in the order in which they are asked, and what became of them."""

from django.conf import settings
from django.db.models import QuerySet

from integrations.models import ModelProvider
from integrations.services.generators.types import ProviderSettings
from supportai.core import clock

DEFAULT_NAME = "default"
# An answer a minute is enough for the page that shows when it last worked; a write for each would be one too many.
SUCCESS_NOTED_EVERY_SECONDS = 60


def active_providers() -> tuple[ProviderSettings, ...]:
    """Give the enabled providers in their order; without one, that of `settings.LLM`; without that, none."""
    rows = tuple(settings_of(row) for row in ModelProvider.objects.filter(is_enabled=True))
    return rows or default_providers()


def default_providers() -> tuple[ProviderSettings, ...]:
    """Give the provider that the environment names (`SUPPORTAI_LLM_*`), if it does."""
    given = settings.LLM
    if not given["provider"] or not given["model"]:
        return ()
    return (
        ProviderSettings(
            name=DEFAULT_NAME,
            kind=given["provider"],
            model=given["model"],
            base_url=given["base_url"].rstrip("/"),
            api_key=given["api_key"],
        ),
    )


def settings_of(row: ModelProvider) -> ProviderSettings:
    """Give a row as plain values."""
    return ProviderSettings(
        name=row.name,
        kind=row.kind,
        model=row.model,
        base_url=row.base_url,
        api_key=row.api_key,
        timeout_seconds=row.timeout_seconds,
        max_output_tokens=row.max_output_tokens,
        is_structured=row.is_structured,
        input_price=row.input_price,
        output_price=row.output_price,
        provider_id=row.pk,
    )


def note_success(provider: ProviderSettings) -> None:
    """Remember that a provider works; at most once a minute, unless it failed in between."""
    row = _rows(provider).first()
    now = clock.now()
    if row is None:
        return
    last = row.last_success_at
    if last is None or row.is_failing or (now - last).total_seconds() >= SUCCESS_NOTED_EVERY_SECONDS:
        _rows(provider).update(last_success_at=now)


def note_failure(provider: ProviderSettings, problem: str) -> None:
    """Remember what went wrong, for the admin's list; no version of the row is made."""
    limit = ModelProvider._meta.get_field("last_failure").max_length
    _rows(provider).update(last_failure=problem[:limit], last_failure_at=clock.now())


def _rows(provider: ProviderSettings) -> QuerySet[ModelProvider]:
    found = ModelProvider.objects.all()
    return found.none() if provider.provider_id is None else found.filter(pk=provider.provider_id)
