"""The API under Schemathesis: no server's error, and every answer as the document says."""

import os

import pytest

from supportai.api_docs import document
from supportai.tests import api_fuzz

OPERATIONS = [f"{method.upper()} {path}" for path, found in document()["paths"].items() for method in found]


@pytest.fixture(scope="module")
def by_name() -> dict:
    return {operation.label: operation for operation in api_fuzz.operations(api_fuzz.api())}


@pytest.fixture
def world(db, settings) -> api_fuzz.World:
    settings.API_REQUESTS_PER_MINUTE = 0
    return api_fuzz.fill()


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_request_breaks_an_operation_or_its_promise(by_name, world, name):
    examples = int(os.environ.get(api_fuzz.EXAMPLES, api_fuzz.FEW))
    seed = int(os.environ.get(api_fuzz.SEED, "1"))
    api_fuzz.fuzz(by_name[name], world, examples=examples, seed=seed)
