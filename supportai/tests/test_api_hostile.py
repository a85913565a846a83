"""Values that break stores, in every field and parameter that the API takes: refused or kept, never a server's error."""

import json
from collections.abc import Iterator

import pytest
from django.test import Client

from supportai.api_docs import document
from supportai.tests import api_fuzz

DOCUMENT = json.loads(json.dumps(document(), default=str))
TEXTS = {
    "nul": '"a\\u0000b"',
    "half_a_pair": '"\\ud800"',
    "half_inside": '"x\\udfffy"',
    "astral": '"\\ud83d\\ude00"',
    "turned_around": '"\\u202e\\u2066"',
    "million": '"' + "x" * 1_000_000 + '"',
    "like": '"%_\\\\\'\\";--"',
}
NUMBERS = {"huge": "9" * 30, "long": "9" * 5000, "below": "-" + "9" * 30, "float": "1e400", "half": "0.5"}
OTHERS = {
    "null": "null",
    "list": "[[[]]]",
    "object": '{"a": {"a": {}}}',
    "deep": "[" * 5000 + "]" * 5000,
    "yes": "true",
}
VALUES = TEXTS | NUMBERS | OTHERS


def bodies() -> Iterator[tuple[str, str, str]]:
    """Give method, path and field of every body."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content:
                name = content["schema"]["$ref"].rpartition("/")[2]
                for field in DOCUMENT["components"]["schemas"][name]["properties"]:
                    yield method, path, field


def parameters() -> Iterator[tuple[str, str]]:
    """Give path and name of every parameter of a query."""
    for path, methods in DOCUMENT["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", ()):
            if parameter["in"] == "query":
                yield path, parameter["name"]


@pytest.fixture
def world(db, settings) -> api_fuzz.World:
    settings.API_REQUESTS_PER_MINUTE = 0
    return api_fuzz.fill()


@pytest.fixture
def client(world) -> Client:
    return Client(headers={"Authorization": f"Bearer {world.token}"})


def address(world: api_fuzz.World, path: str) -> str:
    found = world.ids.get(path.split("/")[3], "")
    return path.replace("{public_id}", found).replace("{ticket_id}", found)


# What is needed beside the field in question, so that the others are right.
RIGHT = {
    "email": "ana@northwind.example",
    "text": "I was charged twice.",
    "name": "Northwind",
    "title": "Refunds",
    "body": "Five days.",
}


@pytest.mark.parametrize(("method", "path", "field"), list(bodies()))
def test_no_value_of_a_field_breaks_the_api(client, world, method, path, field):
    name = DOCUMENT["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    known = DOCUMENT["components"]["schemas"][name.rpartition("/")[2]]["properties"]
    right = {key: value for key, value in RIGHT.items() if key in known and key != field}
    for kind, value in VALUES.items():
        parts = [f"{json.dumps(key)}: {json.dumps(text)}" for key, text in right.items()] + [f'"{field}": {value}']
        body = "{" + ", ".join(parts) + "}"
        response = getattr(client, method)(address(world, path), body, content_type="application/json")
        assert response.status_code < 500, kind
        if kind in {"nul", "half_a_pair", "half_inside", "long", "float"}:
            assert response.status_code == 400, kind
        if response.status_code >= 400:
            assert response["Content-Type"] == "application/problem+json", kind
            assert len(response.content) < 5000, kind


@pytest.mark.parametrize(("path", "name"), list(parameters()))
def test_no_value_of_a_parameter_breaks_the_api(client, world, path, name):
    others = {"q": "refund"} if path.endswith("/search/") and name != "q" else {}
    for value in ("", "\x00", "a\x00b", "9" * 30, "9" * 5000, "-1", "NaN", "1e400", "😀", "%_\\'\";--", "x" * 20_000):
        response = client.get(address(world, path), {**others, name: value})
        assert response.status_code in {200, 400}, value[:20]
    # Bytes that are no UTF-8, and half a surrogate pair written as if it were.
    for raw in ("%ff%fe", "%ed%a0%80", "%", "%u0000"):
        query = "&".join([*(f"{key}={text}" for key, text in others.items()), f"{name}={raw}"])
        assert client.get(f"{address(world, path)}?{query}").status_code in {200, 400}, raw
