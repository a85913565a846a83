"""Schemathesis over the whole API, in process: `python -m supportai.tests.api_fuzz --examples 1000 --seed 7`.

The document decides what is sent: what it allows and what it does not, to every operation, with a token of every scope
and to objects that exist. The same seed sends the same. `test_api_fuzz.py` runs a small part of it.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from schemathesis import APIOperation, BaseSchema, Case

EXAMPLES, SEED = "API_FUZZ_EXAMPLES", "API_FUZZ_SEED"
# What operations are cut down to here: a number of examples each, in which all of them take about half a minute.
FEW = 12
SECRET = "sai_fuzz"


@dataclass(frozen=True, slots=True)
class World:
    """What there is to ask for: public ids by the part of the address that names them."""

    token: str
    ids: Mapping[str, str]

    def place(self, case: "Case") -> None:
        """Aim a case at an object that exists; a made-up id would only ever find nothing."""
        resource = case.operation.path.split("/")[3]
        for name in case.path_parameters or {}:
            if name in {"public_id", "ticket_id"}:
                case.path_parameters[name] = self.ids[resource]


def fill() -> World:
    """Make one object of each kind, and a token of an admin with every scope; in the transaction of a test."""
    from accounts.models import ApiToken
    from accounts.tests.factories import ApiTokenFactory, UserFactory
    from integrations.tests.factories import ApprovalFactory
    from knowledge.models import GapQuestion
    from knowledge.services.articles import create_article
    from knowledge.services.gaps import note
    from supportai.core import clock
    from supportai.core.actors import SYSTEM
    from tickets.tests.factories import AgentRunFactory, AgentStepFactory, MessageFactory

    admin = UserFactory(role="admin")
    ApiTokenFactory(secret=SECRET, scopes=list(ApiToken.Scope.values), user=admin)
    approval = ApprovalFactory()
    run = AgentRunFactory()
    AgentStepFactory(run=run)
    ticket = MessageFactory(ticket=run.ticket).ticket
    contact = approval.execution.contact
    gap = note(
        question="Is there a dark mode in the app?",
        origin="ticket:fuzz:1",
        kind=GapQuestion.Kind.HANDED_OFF,
        asked_at=clock.now(),
        probability=0.1,
    )
    assert gap is not None
    rows = {
        "approvals": approval,
        "articles": create_article(title="Refunds", body="Refunds take five days.", actor=SYSTEM, is_published=True),
        "contacts": contact,
        "executions": approval.execution,
        "gaps": gap,
        "installations": approval.execution.installation,
        "organizations": contact.organization,
        "runs": run,
        "tickets": ticket,
    }
    return World(token=SECRET, ids={name: str(row.public_id) for name, row in rows.items()})


def api() -> "BaseSchema":
    """Read the document, with the application that is asked; both in this process."""
    import schemathesis
    from django.core.wsgi import get_wsgi_application
    from rest_framework.renderers import JSONRenderer

    from supportai.api_docs import document

    schema = schemathesis.openapi.from_dict(json.loads(JSONRenderer().render(document())))
    schema.app = get_wsgi_application()
    return schema


def operations(schema: "BaseSchema") -> Iterator["APIOperation[Any, Any, Any, Any]"]:
    """Give the operations of the document, in its order."""
    for result in schema.get_all_operations():
        yield result.ok()


def fuzz(operation: "APIOperation[Any, Any, Any, Any]", world: World, *, examples: int, seed: int) -> None:
    """Send half of the examples as the document allows them and half as it does not.

    Raises:
        Failure: an answer is a server's error, or not what the document says of it.
    """
    from schemathesis import GenerationMode

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        run = _sender(operation, world, mode=mode, examples=max(1, examples // 2), seed=seed)
        with _one_connection():
            run()


@contextmanager
def _one_connection() -> Iterator[None]:
    """Keep Django from closing the connection after each request, and with it the test's transaction."""
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def _sender(
    operation: "APIOperation[Any, Any, Any, Any]", world: World, *, mode: Any, examples: int, seed: int
) -> Callable[[], None]:
    import hypothesis
    from django.db import transaction

    def send(case: "Case") -> None:
        world.place(case)
        with transaction.atomic():
            response = case.call(headers={"Authorization": f"Bearer {world.token}"})
            # Each example meets the same rows, and a broken transaction of PostgreSQL ends with its example.
            transaction.set_rollback(True)
        case.validate_response(response, checks=checks())

    settings = hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )
    strategy = operation.as_strategy(generation_mode=mode)
    prepared: Callable[[], None] = hypothesis.seed(seed)(settings(hypothesis.given(case=strategy)(send)))
    return prepared


def checks() -> list[Any]:
    """Name what every answer must pass."""
    import schemathesis

    found = schemathesis.checks.CHECKS.get_by_names(
        [
            "not_a_server_error",
            "status_code_conformance",
            "content_type_conformance",
            "response_headers_conformance",
            "response_schema_conformance",
        ]
    )
    return list(found)


def main(arguments: list[str] | None = None) -> int:
    """Run the long suite; the exit status is pytest's."""
    import pytest

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=1000, help="requests to each operation (default 1000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed sends the same (default 1)")
    parser.add_argument("--only", default="", help="operations whose name has this, such as tickets")
    given = parser.parse_args(arguments)
    os.environ |= {EXAMPLES: str(given.examples), SEED: str(given.seed)}
    chosen = ["-k", given.only] if given.only else []
    return int(pytest.main(["-q", "supportai/tests/test_api_fuzz.py", *chosen]))


if __name__ == "__main__":
    sys.exit(main())
