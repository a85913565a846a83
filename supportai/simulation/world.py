"""Set a scenario's world up: its customer, sandbox rows, settings, articles and history."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from accounts.models import Brand, Contact, IdentityLevel, Organization
from integrations.models import ActionPolicy, SandboxContact, SandboxOrganization
from integrations.services.sandbox import load_sandbox, moved_time
from knowledge.models import Article
from knowledge.services import articles, ingestion
from supportai.core import clock
from supportai.core.actors import SYSTEM
from supportai.core.models import JSONDict
from tickets.models import AgentConfiguration, Intent, Message, Stage, Ticket

LIMITS = {"refund_cents": "billing.refund_charge", "credit_cents": "billing.apply_credit"}
THRESHOLDS = {"answer": "answer_threshold", "act": "act_threshold"}
AUTHORS = {
    "customer": (Message.Author.CUSTOMER, Message.Kind.PUBLIC),
    "ai_agent": (Message.Author.AI_AGENT, Message.Kind.PUBLIC),
    "agent": (Message.Author.AGENT, Message.Kind.PUBLIC),
    "note": (Message.Author.AGENT, Message.Kind.NOTE),
}


@dataclass(frozen=True, slots=True)
class World:
    """Who talks, at which identity level, and what the page is."""

    contact: Contact
    level: str
    brand: Brand
    page: JSONDict


def build_world(data: JSONDict) -> World:
    """Store everything that a scenario starts from.

    Raises:
        InvalidInputError: a sandbox row or time that does not fit.
        ValueError: an unknown limit, threshold or intent.
    """
    now = clock.now()
    brand = Brand.objects.get()
    who = data.get("contact", {})
    contact = _contact(who, brand)
    level = (
        IdentityLevel.SIGNED
        if contact.is_verified
        else (IdentityLevel.CLAIMED if contact.email else IdentityLevel.ANONYMOUS)
    )
    load_sandbox(_with_owners(data.get("sandbox", {})), now=now)
    _complete_sandbox(data)
    _apply_settings(data.get("settings", {}))
    _publish(data.get("articles", []))
    for past in data.get("history", []):
        _store_past(past, contact, brand, now)
    return World(contact=contact, level=level, brand=brand, page=data.get("page", {}))


def _with_owners(tables: JSONDict) -> JSONDict:
    """Let an invoice without an owner belong to its charge's, and an account to its contact's organization."""
    charges = {str(row.get("id")): row for row in tables.get("charges", [])}
    people = {str(row.get("email", "")).lower(): row for row in tables.get("contacts", [])}
    rows = dict(tables)
    if "invoices" in tables:
        rows["invoices"] = [_owned(row, charges.get(str(row.get("charge")), {})) for row in tables["invoices"]]
    if "accounts" in tables:
        rows["accounts"] = [
            {"organization": people.get(str(row.get("contact", "")).lower(), {}).get("organization", ""), **row}
            for row in tables["accounts"]
        ]
    return rows


def _owned(invoice: JSONDict, charge: JSONDict) -> JSONDict:
    if invoice.get("contact") or invoice.get("organization"):
        return invoice
    return {name: charge[name] for name in ("contact", "organization") if name in charge} | invoice


def _contact(who: JSONDict, brand: Brand) -> Contact:
    email, is_verified = str(who.get("email", "")).lower(), bool(who.get("verified", bool(who.get("email"))))
    organization = _organization(who) if is_verified else None
    known = Contact.objects.filter(email=email, is_verified=True).first() if email and is_verified else None
    return known or Contact.objects.create(
        email=email,
        name=who.get("name", ""),
        is_verified=is_verified,
        organization=organization,
        plan=who.get("plan", "") if organization is None else "",
        brand=brand,
    )


def _organization(who: JSONDict) -> Organization | None:
    if not who.get("organization"):
        return None
    row, _ = Organization.objects.get_or_create(name=who["organization"], defaults={"plan": who.get("plan", "")})
    return row


def _complete_sandbox(data: JSONDict) -> None:
    """Add the people and companies of the scenario that its sandbox does not list."""
    people = [data.get("contact", {}), *(past["contact"] for past in data.get("history", []) if past.get("contact"))]
    for number, who in enumerate(people, start=1):
        email, name = str(who.get("email", "")).lower(), who.get("organization", "")
        if name and not SandboxOrganization.objects.filter(name=name).exists():
            SandboxOrganization.objects.create(id=f"org_s{number}", name=name, plan=who.get("plan", ""))
        if email and not SandboxContact.objects.filter(email__iexact=email).exists():
            SandboxContact.objects.create(
                id=f"con_s{number}", email=email, name=who.get("name", ""), organization=name, plan=who.get("plan", "")
            )


def _apply_settings(settings: JSONDict) -> None:
    now = clock.now()
    for slug, level in settings.get("stages", {}).items():
        # YAML reads a bare off as false; say so instead of guessing.
        if level not in Stage.Level.values:
            raise ValueError(f'settings.stages.{slug}: {level!r} is no stage; write "off" in quotes.')
        intent = Intent.objects.filter(slug=slug).first()
        if intent is None:
            raise ValueError(f"settings.stages: there is no intent {slug}.")
        Stage.objects.update_or_create(intent=intent, defaults={"level": level})
    for name, value in settings.get("thresholds", {}).items():
        if name not in THRESHOLDS:
            raise ValueError(f"settings.thresholds: there is no {name}.")
        AgentConfiguration.objects.update(**{THRESHOLDS[name]: value, "updated_at": now})
    for name, value in settings.get("limits", {}).items():
        if name not in LIMITS:
            raise ValueError(f"settings.limits: there is no {name}.")
        ActionPolicy.objects.filter(capability=LIMITS[name]).update(limit_cents=value, updated_at=now)


def _publish(rows: list[JSONDict]) -> None:
    """Publish a scenario's articles; one with the slug of a demo article replaces that."""
    ingestion.index_articles([_publish_one(row).pk for row in rows])


def _publish_one(row: JSONDict) -> Article:
    known = Article.objects.filter(slug=row["slug"]).first()
    if known:
        return articles.revise_article(article_id=known.pk, title=row["title"], body=row["body"], actor=SYSTEM)
    return articles.create_article(
        title=row["title"], body=row["body"], slug=row["slug"], actor=SYSTEM, is_published=True
    )


def _store_past(past: JSONDict, own: Contact, brand: Brand, now: datetime) -> None:
    """Store an earlier ticket silently: rows with their old times, no run, no event."""
    contact = _contact({"verified": True, **past["contact"]}, brand) if past.get("contact") else own
    created = moved_time(str(past.get("created", "-1h")), now)
    messages: list[Any] = past.get("messages", [])
    first = messages[0]["say"] if messages else past.get("subject", "Earlier ticket")
    is_resolved = past.get("status", "open") == "resolved"
    ticket = Ticket.objects.create(
        contact=contact,
        brand=brand,
        subject=first[:90],
        status=Ticket.Status.RESOLVED if is_resolved else Ticket.Status.OPEN,
        resolved_at=created + timedelta(minutes=len(messages)) if is_resolved else None,
        created_at=created,
        last_sequence=len(messages),
        last_message_at=created + timedelta(minutes=max(len(messages) - 1, 0)),
    )
    for number, message in enumerate(messages, start=1):
        author, kind = AUTHORS[message["from"]]
        Message.objects.create(
            ticket=ticket,
            sequence=number,
            client_id=uuid4(),
            author=author,
            kind=kind,
            body=message["say"],
            identity_level=IdentityLevel.SIGNED if author == Message.Author.CUSTOMER else "",
            created_at=created + timedelta(minutes=number - 1),
        )
