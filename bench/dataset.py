"""A made-up support desk of many tickets, written fast; the same number gives the same desk.

Run by the benches in the environment of what they measure:  python bench/dataset.py --tickets 100000 --facts FILE
"""

import argparse
import json
import os
import random
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

import django  # noqa: E402 - needs the path

django.setup()

from django.conf import settings  # noqa: E402 - needs the apps
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402 - as above
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402 - as above
from django.core.management import call_command  # noqa: E402 - as above
from django.db import connection, transaction  # noqa: E402 - as above

from accounts.models import Brand, Contact, IdentityLevel, Organization, Team, User  # noqa: E402 - as above
from accounts.services.staff import ensure_roles, set_roles  # noqa: E402 - as above
from accounts.services.tokens import issue_token  # noqa: E402 - as above
from bench.bulk import BulkTable  # noqa: E402 - as above
from supportai.core import clock  # noqa: E402 - as above
from tickets.models import (  # noqa: E402 - as above
    AgentRun,
    AgentStep,
    Csat,
    Handoff,
    Message,
    Priority,
    Ticket,
)

BRAND = "bench"
LEAD = "lead@bench.example"
TEAMS = ("billing", "accounts", "technical", "orders", "general")
COLLEAGUES = 40
DAYS = 365
# Shares of the newest tickets; all others are resolved.
OPEN_SHARE, PENDING_SHARE = 0.03, 0.03
# Of contacts with a company, of the AI agent's open tickets that wait for a yes, of resolved ones that were rated.
EMPLOYED_SHARE, APPROVAL_SHARE, RATED_SHARE = 0.8, 0.06, 0.2
THINGS = (
    "invoice",
    "password",
    "export",
    "webhook",
    "refund",
    "seat",
    "second factor",
    "report",
    "import",
    "calendar",
    "payment",
    "domain",
    "contract",
    "sync",
    "license",
    "template",
    "dashboard",
    "user",
    "order",
    "shipment",
)
TROUBLES = (
    "does not work",
    "is missing",
    "fails with an error",
    "was charged twice",
    "cannot be changed",
    "looks wrong",
    "takes too long",
    "is not delivered",
    "must be cancelled",
    "needs an approval",
)
FIRSTS = (
    "Ana",
    "Ben",
    "Chloe",
    "Dinesh",
    "Elif",
    "Femi",
    "Grace",
    "Hugo",
    "Ines",
    "Jonas",
    "Kira",
    "Liam",
    "Mara",
    "Nils",
    "Olga",
    "Pavel",
    "Quinn",
    "Rosa",
    "Sven",
    "Tara",
    "Uma",
    "Victor",
    "Wanda",
    "Xenia",
    "Yusuf",
    "Zoe",
)
LASTS = (
    "Abbott",
    "Berg",
    "Costa",
    "Dahl",
    "Eriksen",
    "Farouk",
    "Girard",
    "Haas",
    "Ito",
    "Jansen",
    "Kovac",
    "Lind",
    "Moreau",
    "Novak",
    "Okafor",
    "Petrov",
    "Quist",
    "Rossi",
    "Sato",
    "Torres",
    "Ueda",
    "Vogel",
    "Weber",
    "Young",
)
SENTENCES = (
    "I tried it in another browser and it is the same.",
    "It worked until yesterday evening.",
    "Our whole team is waiting for this.",
    "Could you please have a look?",
    "The page says that something went wrong.",
    "Open the settings and choose Billing, then download the file again.",
    "Thank you, that helped.",
    "I have attached what I see.",
    "We need it before the end of the month.",
    "You find it under Account, Security.",
)


@dataclass
class Tables:
    """All tables that the desk fills, in the order of their foreign keys."""

    organization: BulkTable = field(default_factory=lambda: BulkTable(Organization))
    contact: BulkTable = field(default_factory=lambda: BulkTable(Contact))
    ticket: BulkTable = field(default_factory=lambda: BulkTable(Ticket))
    run: BulkTable = field(default_factory=lambda: BulkTable(AgentRun))
    message: BulkTable = field(default_factory=lambda: BulkTable(Message))
    step: BulkTable = field(default_factory=lambda: BulkTable(AgentStep))
    handoff: BulkTable = field(default_factory=lambda: BulkTable(Handoff))
    csat: BulkTable = field(default_factory=lambda: BulkTable(Csat))

    def all(self) -> list[BulkTable]:
        """List them."""
        return [
            self.organization,
            self.contact,
            self.ticket,
            self.run,
            self.message,
            self.step,
            self.handoff,
            self.csat,
        ]


@dataclass
class Desk:
    """Who there is, and the dice."""

    brand: int
    teams: list[int]
    staff: list[int]
    contacts: int
    now: datetime
    dice: random.Random


def seed(tickets: int) -> dict[str, int]:
    """Fill an empty database; returns the number of rows by table."""
    tables = Tables()
    with transaction.atomic():
        if connection.vendor == "sqlite":
            # Rows of different tables are flushed at different times; at the end all is in order.
            connection.cursor().execute("PRAGMA defer_foreign_keys = ON")
        desk = _people(tables, tickets)
        for number in range(tickets):
            _ticket(tables, desk, age=1 - (number + 1) / tickets)
        for table in tables.all():
            table.finish()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {table.model._meta.model_name or "": table.count for table in tables.all()}


def _people(tables: Tables, tickets: int) -> Desk:
    dice, now = random.Random(7), clock.now()
    brand, _ = Brand.objects.get_or_create(slug=BRAND, defaults={"name": "Bench", "languages": ["en"]})
    teams = [
        Team.objects.get_or_create(slug=slug, defaults={"name": slug.capitalize(), "is_default": slug == "general"})[0]
        for slug in TEAMS
    ]
    staff = ensure_staff(COLLEAGUES)
    organizations, contacts = max(1, tickets // 50), max(1, tickets * 6 // 10)
    for number in range(organizations):
        tables.organization.add(
            {
                "name": f"{LASTS[number % len(LASTS)]} {number} Ltd",
                "plan": dice.choice(["pro", "business", "free"]),
                "mrr_cents": dice.randrange(0, 500_000),
                "created_at": now,
                "updated_at": now,
            }
        )
    for number in range(contacts):
        first, last = dice.choice(FIRSTS), dice.choice(LASTS)
        tables.contact.add(
            {
                "name": f"{first} {last}",
                "email": f"{first}.{last}.{number}@example.com".lower(),
                "is_verified": True,
                "external_id": f"u{number}",
                "brand_id": brand.pk,
                "created_at": now,
                "updated_at": now,
                "organization_id": dice.randrange(organizations) + 1 if dice.random() < EMPLOYED_SHARE else None,
            }
        )
    return Desk(brand.pk, [team.pk for team in teams], staff, contacts, now, dice)


def ensure_staff(colleagues: int = 0) -> list[int]:
    """Create the lead, who may do everything a bench does, and some agents; returns all keys, the lead's first."""
    ensure_roles()
    people = [(LEAD, "Lena Lead", User.Role.LEAD)]
    people += [
        (f"agent{n}@bench.example", f"{FIRSTS[n % len(FIRSTS)]} {LASTS[n % len(LASTS)]}", User.Role.AGENT)
        for n in range(colleagues)
    ]
    return [_member(*person) for person in people]


def _member(email: str, name: str, role: User.Role) -> int:
    found = User.objects.filter(email=email).first()
    if found is None:
        found = User.objects.create_user(email, None, name=name)
        set_roles(user_id=found.pk, roles=[role])
    return int(found.pk)


def _ticket(tables: Tables, desk: Desk, *, age: float) -> None:
    """Add one ticket with all that hangs on it; `age` runs from 1 (a year ago) to 0 (now)."""
    dice = desk.dice
    created = desk.now - timedelta(days=DAYS * age, minutes=dice.random() * 60)
    luck = dice.random()
    # What is still open is mostly new.
    is_open, is_pending = luck < OPEN_SHARE, OPEN_SHARE <= luck < OPEN_SHARE + PENDING_SHARE
    if is_open or is_pending:
        created = desk.now - timedelta(hours=dice.expovariate(1 / 40))
    with_person = dice.random() < (0.55 if is_open else 0.3)
    waits_approval = is_open and not with_person and dice.random() < APPROVAL_SHARE
    moments = [created + timedelta(minutes=12 * n * dice.random()) for n in range(dice.randrange(2, 9))]
    moments.sort()
    subject = f"{dice.choice(THINGS).capitalize()} {dice.choice(TROUBLES)}"
    key = tables.ticket.add(
        {
            "contact_id": dice.randrange(desk.contacts) + 1,
            "brand_id": desk.brand,
            "subject": subject,
            "status": "open" if is_open else "pending" if is_pending else "resolved",
            "handler": "person" if with_person else "ai_agent",
            "assignee_id": dice.choice(desk.staff)
            if with_person and dice.random() < (0.4 if is_open else 0.95)
            else None,
            "team_id": dice.choice(desk.teams),
            "channel": "widget",
            "priority": dice.choices(Priority.values, weights=(5, 75, 15, 5))[0],
            "intent": subject.split(maxsplit=1)[0].lower(),
            "last_sequence": len(moments),
            "last_message_at": moments[-1],
            "last_customer_message_at": moments[-1] if is_open else moments[0],
            "first_replied_at": moments[1],
            "created_at": created,
            "updated_at": moments[-1],
            **(
                {}
                if is_open or is_pending
                else {
                    "resolved_at": moments[-1],
                    "resolved_by": "staff" if with_person else "ai_agent",
                    "ledger": dice.choice(["confirmed", "assumed", "verified"]),
                }
            ),
        }
    )
    # The AI agent asked those who owe an answer: the sweep of silent tickets would resolve answered ones meanwhile.
    state = "waiting_customer" if is_pending else "completed"
    runs = [_run(tables, dice, key, at, sequence, state) for sequence, at in _turns(moments, with_person)]
    if waits_approval and runs:
        _wait_for_approval(tables, dice, key, moments[-1])
    _messages(tables, desk, key, moments, with_person=with_person, run=runs[0] if runs else None)
    if with_person:
        _handoff(tables, dice, key, moments[-1], is_open=is_open or is_pending)
    if not is_open and not is_pending and dice.random() < RATED_SHARE:
        tables.csat.add(
            {
                "ticket_id": key,
                "episode": 1,
                "score": dice.choices(range(1, 6), weights=(8, 5, 10, 27, 50))[0],
                "about": "person" if with_person else "ai_agent",
                "created_at": moments[-1],
                "updated_at": moments[-1],
            }
        )


def _turns(moments: list[datetime], with_person: bool) -> Iterator[tuple[int, datetime]]:
    """Give the customer's messages that the AI agent worked on: every other, or the first before a person came."""
    turns = list(enumerate(moments, start=1))[::2]
    yield from turns[:1] if with_person else turns


def _run(tables: Tables, dice: random.Random, ticket: int, at: datetime, sequence: int, state: str) -> int:
    times = {"created_at": at, "updated_at": at}
    key = tables.run.add(
        {
            "ticket_id": ticket,
            "episode": 1,
            "state": state,
            "input_sequence": sequence,
            "policy": "local",
            "confidence": dice.random(),
            "started_at": at,
            "finished_at": at,
            **times,
        }
    )
    for index, kind in enumerate(("understand", "retrieve", "answer")):
        tables.step.add(
            {
                "run_id": key,
                "index": index,
                "kind": kind,
                "state": "done",
                "story": f"{kind.capitalize()} from two articles.",
                "input": {"text": dice.choice(SENTENCES)},
                "confidence": dice.random(),
                "duration_ms": 40,
                **times,
            }
        )
    return key


def _wait_for_approval(tables: Tables, dice: random.Random, ticket: int, at: datetime) -> None:
    times = {"created_at": at, "updated_at": at}
    key = tables.run.add(
        {
            "ticket_id": ticket,
            "episode": 1,
            "state": "waiting_approval",
            "input_sequence": 1,
            "policy": "local",
            "confidence": dice.random(),
            "started_at": at,
            **times,
        }
    )
    tables.step.add(
        {
            "run_id": key,
            "index": 0,
            "kind": "act",
            "state": "decided",
            "story": "Asked for a yes to a refund.",
            "input": {"capability": "billing.refund_charge", "arguments": {"charge_id": "ch_1"}},
            "output": {"state": "planned"},
            **times,
        }
    )


def _messages(
    tables: Tables, desk: Desk, ticket: int, moments: list[datetime], *, with_person: bool, run: int | None
) -> None:
    dice = desk.dice
    for sequence, at in enumerate(moments, start=1):
        is_customer = sequence % 2 == 1
        author = "customer" if is_customer else "agent" if with_person and sequence > 2 else "ai_agent"  # noqa: PLR2004 - its answer
        tables.message.add(
            {
                "ticket_id": ticket,
                "sequence": sequence,
                "client_id": uuid.uuid4(),
                "author": author,
                "channel": "widget",
                "body": " ".join(dice.choices(SENTENCES, k=dice.randrange(1, 6))),
                "created_at": at,
                "updated_at": at,
                "identity_level": IdentityLevel.SIGNED if is_customer else "",
                "user_id": dice.choice(desk.staff) if author == "agent" else None,
                "run_id": run if author == "ai_agent" else None,
            }
        )


def _handoff(tables: Tables, dice: random.Random, ticket: int, at: datetime, *, is_open: bool) -> None:
    packet = {
        "sections": [{"label": "Problem", "lines": [{"text": dice.choice(SENTENCES), "href": "", "tone": ""}]}],
        "draft": "",
    }
    tables.handoff.add(
        {
            "ticket_id": ticket,
            "episode": 1,
            "reason": dice.choice(Handoff.Reason.values),
            "packet": packet,
            "state": "queued" if is_open else "closed",
            "created_at": at,
            "updated_at": at,
        }
    )


# --- What a bench needs to know -------------------------------------------------------------------
def facts() -> dict[str, Any]:
    """Sign the lead in and give cookie and token, and tickets to open."""
    lead = User.objects.get(email=LEAD)
    open_tickets = Ticket.objects.filter(status="open", handler="person").order_by("-pk")
    resolved = Ticket.objects.filter(status="resolved").order_by("pk")
    middle = resolved[resolved.count() // 2] if resolved.exists() else None
    return {
        "cookie": f"{settings.SESSION_COOKIE_NAME}={_session(lead)}",
        "token": issue_token(user_id=lead.pk, name="bench", scopes=["read", "write"]).secret,
        "open_ticket": str(open_tickets[0].public_id) if open_tickets else "",
        "resolved_ticket": str(middle.public_id) if middle else "",
        "number": middle.pk if middle else 0,
        "vendor": connection.vendor,
        "tickets": Ticket.objects.count(),
    }


def _session(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session.save()
    return str(session.session_key)


def main() -> None:
    """Migrate, fill if empty, write the facts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=100_000, help="how many tickets an empty database gets")
    parser.add_argument("--facts", type=Path, help="write what a bench must know (cookie, token, ids) to this file")
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    if options.tickets and not Ticket.objects.exists():
        started = time.monotonic()
        counts = seed(options.tickets)
        print(f"{sum(counts.values()):,} rows in {time.monotonic() - started:.0f} s: {counts}", file=sys.stderr)
    ensure_staff()
    Brand.objects.get_or_create(slug=BRAND, defaults={"name": "Bench", "languages": ["en"]})
    if options.facts:
        options.facts.write_text(json.dumps(facts(), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
