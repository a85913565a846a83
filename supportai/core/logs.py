"""Structured logs without personal data: known personal keys are dropped, texts are redacted."""

from typing import Any

import structlog

from supportai.core.redaction import redact

# Never logged by value, whoever passes them.
PERSONAL_KEYS = frozenset({"email", "name", "body", "text", "subject", "phone", "address", "token", "password", "key"})


def drop_personal_data(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replace personal values by a mark and mask patterns (mail addresses, cards, secrets) in the rest."""
    for field, value in event.items():
        if field in PERSONAL_KEYS:
            event[field] = "[withheld]"
        elif isinstance(value, str) and field not in {"timestamp", "level", "logger"}:
            event[field] = redact(value)
    return event


def logging_config(*, level: str, renderer: str) -> dict[str, Any]:
    """Build the `dictConfig` mapping; `renderer` is `console` or `json`."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        drop_personal_data,
    ]
    final: Any = (
        structlog.processors.JSONRenderer() if renderer == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, final],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Their own access lines carry addresses with queries; RequestLogMiddleware writes ours.
            "uvicorn.access": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "httpx2": {"level": "WARNING"},
            "elastic_transport": {"level": "WARNING"},
            "google_genai": {"level": "WARNING"},
            "openai": {"level": "WARNING"},
            "anthropic": {"level": "WARNING"},
            "haystack": {"level": "WARNING"},
            # They warn of malformed calls by quoting them; `complete()` says what matters.
            "haystack.components.generators": {"level": "CRITICAL"},
            "haystack_integrations.components.generators": {"level": "CRITICAL"},
            "huey": {"level": "WARNING"},
            "django.server": {"level": "WARNING"},
        },
    }
