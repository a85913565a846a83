"""The API's own description: the OpenAPI document, and pages to browse and try it without a network."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from supportai.core.api.filtering import refuse_unknown


class YamlRenderer(OpenApiYamlRenderer):
    """Writes YAML under its registered media type (RFC 9512)."""

    media_type = "application/yaml"


class SchemaView(APIView):
    """Serves the OpenAPI document to everybody, since it holds no data; JSON unless YAML is asked for."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()
    renderer_classes: tuple[type[BaseRenderer], ...] = (
        JSONRenderer,
        OpenApiJsonRenderer,
        YamlRenderer,
        OpenApiYamlRenderer,
    )
    schema = None

    def get(self, request: Request) -> Response:
        refuse_unknown(request, set())
        return Response(document(), headers={"Cache-Control": "max-age=300"})


@cache
def document() -> dict[str, Any]:
    """Build the OpenAPI document once per process; building takes half a second."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    built: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return built


def docs(request: HttpRequest) -> HttpResponse:
    """Show Swagger UI from our own static files."""
    return render(request, "api_docs.html")
