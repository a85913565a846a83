"""The API describes itself completely: no warning, every operation named, signed and explained."""

from io import StringIO

import pytest
import yaml
from django.core.management import call_command


@pytest.fixture(scope="module")
def schema() -> dict:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return yaml.safe_load(out.getvalue())


def operations(schema: dict) -> list[tuple[str, dict]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_description_is_valid_and_without_warnings(schema):
    assert schema["openapi"].startswith("3.")
    assert {"/api/v1/tickets/", "/api/v1/runs/{public_id}/", "/api/v1/contacts/"} <= set(schema["paths"])


def test_every_operation_has_a_summary_and_wants_a_token(schema):
    assert operations(schema)
    for name, operation in operations(schema):
        assert operation.get("summary"), name
        assert operation.get("security") == [{"apiToken": []}], name


def test_objects_are_addressed_by_public_ids_only(schema):
    for path in schema["paths"]:
        assert "{id}" not in path
        assert "{pk}" not in path


@pytest.mark.django_db
def test_the_description_is_served_to_everybody_since_it_holds_no_data(client):
    assert client.get("/api/v1/schema/").status_code == 200
