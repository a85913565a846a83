"""Settings of the REST API and of its description; `base` takes them as they are."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.ApiTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated", "accounts.api.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["supportai.core.api.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "supportai.core.api.paging.NewestFirstPagination",
    "DEFAULT_FILTER_BACKENDS": ["supportai.core.api.filtering.StrictFilterBackend"],
    "DEFAULT_THROTTLE_CLASSES": ["supportai.core.api.throttling.TokenThrottle"],
    "EXCEPTION_HANDLER": "supportai.core.api.problems.problem_handler",
    # `?format=` would compete with the Accept header, and OPTIONS would describe what the schema describes.
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_METADATA_CLASS": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
ABOUT = """
Tickets, messages, contacts, organizations, articles, search, runs of the AI agent, executions and approvals.

**Sign in** with a token that somebody makes in the admin under *Staff / API tokens*: `Authorization: Bearer sai_...`.
A token acts with the rights of its user inside its scopes: `read` for GET, `write` for everything else, and `vouch` to
say who a customer is.

**Lists** come in pages, newest first; follow `next` as it is until it is null. Rows that arrive meanwhile shift
nothing. Parameters and fields that do not exist are refused, so that a misspelt filter is noticed.

**Errors** are problem details (RFC 9457) of the type `application/problem+json`; programs look at `code`.

**Writing twice**: send an `Idempotency-Key`, and a repeat gives the first answer again.

**Change**: within v1, fields, resources and values of enumerations are added, and nothing is renamed or taken away.
"""
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "supportai API",
    "VERSION": "1",
    "DESCRIPTION": ABOUT.strip(),
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "supportai.core.api.schema.complete",
    ],
    # Several models have a `state` or a `kind` of their own.
    "ENUM_NAME_OVERRIDES": {
        "RunStateEnum": "tickets.models.AgentRun.State",
        "StepStateEnum": "tickets.models.AgentStep.State",
        "StepKindEnum": "tickets.models.AgentStep.Kind",
        "MessageKindEnum": "tickets.models.Message.Kind",
        "MessageAuthorEnum": "tickets.models.Message.Author",
        "TicketStatusEnum": "tickets.models.Ticket.Status",
    },
}
