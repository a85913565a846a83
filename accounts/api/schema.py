"""How the OpenAPI description names our sign-in; registered when imported."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the bearer token."""

    target_class = "accounts.authentication.ApiTokenAuthentication"
    name = "apiToken"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, str]:
        """Give the OpenAPI security scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "sai_…",
            "description": "A token made in the admin, with the scopes read, write and vouch.",
        }
