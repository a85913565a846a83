"""What completes the OpenAPI document: problems on every operation, closed bodies, headers that tell the limit."""

from typing import Any

from supportai.core.models import JSONDict

PROBLEM = "application/problem+json"
MINUTE_LIMIT = {
    "RateLimit-Limit": "Requests that the token may send in a minute.",
    "RateLimit-Remaining": "Requests left in this minute.",
    "RateLimit-Reset": "Seconds until the next minute begins.",
}
PROBLEM_SCHEMA: JSONDict = {
    "type": "object",
    "description": "Problem details (RFC 9457). `code` is stable; some codes add members of their own.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "`/problems/` and the code."},
        "title": {"type": "string", "description": "The same for every problem of this code."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "description": "What programs look at."},
        "detail": {"type": "string", "description": "What is wrong here, for people."},
        "errors": {
            "type": "object",
            "description": "Sentences by field or parameter; a nested one is named `field.part`.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "retry_after": {"type": "integer", "minimum": 0, "description": "Seconds to wait, as `Retry-After` says."},
    },
}
# status: (name of the response, code of its example, what it means, its example's sentence)
PROBLEMS: dict[str, tuple[str, str, str, str]] = {
    "400": ("BadRequest", "invalid", "The body or a parameter makes no sense.", "The request cannot be used."),
    "401": (
        "Unauthorized",
        "not_authenticated",
        "There is no usable token.",
        "Authentication credentials were not provided.",
    ),
    "403": (
        "Forbidden",
        "permission_denied",
        "The token lacks the scope, or its user the right.",
        "This token's scopes do not allow it.",
    ),
    "404": ("NotFound", "not_found", "There is no such object.", "There is no such object."),
    "406": (
        "NotAcceptable",
        "not_acceptable",
        "The Accept header takes none of what the API answers with.",
        "Could not satisfy the request Accept header.",
    ),
    "409": (
        "Conflict",
        "conflict",
        "The object's state or another object stands against it.",
        "Another request made the same thing at the same moment. Read it, then try again.",
    ),
    "413": ("BodyTooLarge", "body_too_large", "The body is too large.", "The body is larger than 10,000,000 bytes."),
    "415": (
        "UnsupportedMediaType",
        "unsupported_media_type",
        "The body is not application/json.",
        'Unsupported media type "text/plain" in request.',
    ),
    "422": ("Refused", "empty_message", "Well formed, and still refused.", "Write something first."),
    "429": (
        "TooManyRequests",
        "too_many_requests",
        "The token's requests of this minute are used up.",
        "Too many requests; try again in 17 seconds.",
    ),
    "500": (
        "ServerError",
        "server_error",
        "A defect of this product; the X-Request-Id finds it in the log.",
        "Something broke here. Tell whoever runs this installation the X-Request-Id.",
    ),
    "503": (
        "Unavailable",
        "search_unavailable",
        "A service behind the API does not answer; try again later.",
        "The search does not answer at the moment.",
    ),
}
EXTRA: dict[str, JSONDict] = {
    "400": {"errors": {"email": ["Enter a valid email address."]}},
    "429": {"retry_after": 17},
}
# Every address refuses parameters that it does not know, so 400 is among them.
ALWAYS = ("400", "401", "403", "406", "429", "500")
WITH_BODY = ("409", "413", "415", "422")
# Operations that lean on a service which may be away.
ON_SERVICES = ("/search/",)


def complete(result: JSONDict, **_kwargs: Any) -> JSONDict:
    """Add to the generated document what no serializer says; a hook of drf-spectacular."""
    components = result.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM_SCHEMA
    components["responses"] = {name: _problem(status) for status, (name, *_) in PROBLEMS.items()}
    components["headers"] = {
        name: {"description": text, "schema": {"type": "integer", "minimum": 0}} for name, text in MINUTE_LIMIT.items()
    }
    for name, schema in schemas.items():
        if name.endswith("Request") and schema.get("type") == "object":
            schema["additionalProperties"] = False
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            _complete_operation(path, method, operation)
    return result


def _complete_operation(path: str, method: str, operation: JSONDict) -> None:
    responses = operation["responses"]
    for response in responses.values():
        response.setdefault("headers", {}).update({n: {"$ref": f"#/components/headers/{n}"} for n in MINUTE_LIMIT})
    statuses = set(ALWAYS)
    if "{" in path:
        statuses.add("404")
    if method != "get":
        statuses.update(WITH_BODY)
    if path.endswith(ON_SERVICES):
        statuses.add("503")
    for status in sorted(statuses):
        responses.setdefault(status, {"$ref": f"#/components/responses/{PROBLEMS[status][0]}"})
    operation["responses"] = dict(sorted(responses.items()))


def _problem(status: str) -> JSONDict:
    _name, code, meaning, detail = PROBLEMS[status]
    example = {
        "type": f"/problems/{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": int(status),
        "code": code,
        "detail": detail,
    }
    response: JSONDict = {
        "description": meaning,
        "content": {
            PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example | EXTRA.get(status, {})}
        },
    }
    if status == "429":
        about = "Seconds to wait."
        response["headers"] = {"Retry-After": {"description": about, "schema": {"type": "integer", "minimum": 1}}}
    return response
