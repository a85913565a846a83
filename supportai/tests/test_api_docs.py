"""The API's description is complete, served in both notations, and browsable without a network."""

import json
import re

import pytest
import yaml
from django.contrib.staticfiles import finders
from django.test import Client

from accounts.tests.factories import UserFactory
from supportai.api_docs import document
from supportai.middleware import STRICT_POLICY

SCHEMA = "/api/v1/schema/"


def test_json_is_served_unless_yaml_is_asked_for(client):
    plain = client.get(SCHEMA)
    assert plain["Content-Type"] == "application/json"
    as_yaml = client.get(SCHEMA, headers={"Accept": "application/yaml"})
    assert as_yaml["Content-Type"].startswith("application/yaml")
    assert yaml.safe_load(as_yaml.content)["paths"] == json.loads(plain.content)["paths"]


def test_it_is_built_once_a_process():
    assert document() is document()


def test_the_page_loads_from_here_alone_under_the_strict_policy(client):
    response = client.get("/api/v1/docs/")
    page = response.content.decode()
    assert response["Content-Security-Policy"] == STRICT_POLICY
    addresses = re.findall(r'(?:src|href|data-schema)="([^"]+)"', page)
    assert len(addresses) >= 6
    assert all(address.startswith("/") for address in addresses)
    assert not re.search(r"<script(?![^>]*src=)|style=|onclick", page)


def test_its_files_are_shipped(client):
    for address in re.findall(r'(?:src|href)="/static/([^"]+)"', client.get("/api/v1/docs/").content.decode()):
        assert finders.find(address), address


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["admin", "lead", "ai_oversight"])
def test_who_sees_tokens_finds_it_beside_them(role):
    client = Client()
    client.force_login(UserFactory(role=role))
    page = client.get("/admin/").content.decode()
    assert ("/api/v1/docs/" in page) is ("/admin/accounts/apitoken/" in page)


@pytest.fixture(scope="module")
def described() -> dict:
    return json.loads(json.dumps(document(), default=str))


def operations(described: dict) -> list[tuple[str, str, dict]]:
    return [(method, path, found) for path, methods in described["paths"].items() for method, found in methods.items()]


def test_every_operation_names_its_problems(described):
    for method, path, operation in operations(described):
        expected = {"400", "401", "403", "406", "429", "500"}
        expected |= {"404"} if "{" in path else set()
        expected |= {"409", "413", "415", "422"} if method != "get" else set()
        assert expected <= set(operation["responses"]), f"{method} {path}"


def test_every_problem_has_the_one_schema_and_an_example_that_fits(described):
    schema = described["components"]["schemas"]["Problem"]
    for response in described["components"]["responses"].values():
        content = response["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert set(schema["required"]) <= set(content["example"]) <= set(schema["properties"])


def test_bodies_are_closed_and_have_examples(described):
    for name, schema in described["components"]["schemas"].items():
        if name.endswith("Request"):
            assert schema["additionalProperties"] is False, name
    for method, path, operation in operations(described):
        if method == "post" and "requestBody" in operation and not path.endswith("/deny/"):
            assert operation["requestBody"]["content"]["application/json"].get("examples"), path


def test_what_makes_something_takes_a_key(described):
    for method, path, operation in operations(described):
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        assert ("Idempotency-Key" in names) is (method == "post"), f"{method} {path}"


def test_lists_are_paged_and_narrowed_by_time(described):
    for _method, path, operation in operations(described):
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        if operation["operationId"].endswith("_list"):
            assert {"limit", "cursor"} <= names, path
            assert path.endswith("/messages/") or {"created_after", "created_before", "updated_after"} <= names, path


def test_every_parameter_of_a_list_is_explained_or_an_enumeration(described):
    for _method, path, operation in operations(described):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query":
                known = parameter.get("description") or "enum" in json.dumps(parameter["schema"])
                assert known or parameter["name"] in SELF_EXPLAINING, f"{path} {parameter['name']}"


# Columns whose name is all there is to say.
SELF_EXPLAINING = frozenset(
    {"is_verified", "external_id", "kind", "capability", "action", "risk", "caller", "episode", "intent", "policy"}
    | {"language", "product", "slug"}
)
