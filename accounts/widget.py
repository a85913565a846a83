"""Who sits in front of a widget: signed identities (JWT) come in, sessions (signed by us) go out.

A signed identity is a JWT (RFC 7519) that the host product's server makes: HS256 with one of the brand's live keys,
`aud` the brand's slug, `exp` at most a day ahead, `sub` its user's id; `email`, `name`, `organization` (a name, or
`{id, name, plan}`), `plan`, `roles`, `locale` are optional, and `email_verified: false` makes the address unused.
"""

import warnings
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from django.core import signing

from accounts.errors import IdentityRequiredError, IdentityTokenError, SessionExpiredError
from accounts.models import Brand, Contact, IdentityLevel
from accounts.services.contacts import SignedIdentity, clean_email, create_visitor, sign_in_contact
from supportai.core import clock
from supportai.core.errors import InvalidInputError
from supportai.core.models import JSONDict

__all__ = ["SignedIdentity", "WidgetSession", "open_session", "read_session", "verify_identity"]

MAX_IDENTITY_AGE = timedelta(hours=24)
# Clocks of two servers differ a little.
LEEWAY = timedelta(seconds=30)
VISITOR_SESSION_AGE = timedelta(days=30)
SIGNED_SESSION_AGE = timedelta(hours=24)
SALT = "accounts.widget.session"
MAX_TOKEN_LENGTH = 8192
MAX_ID_LENGTH = 200
MAX_ROLES = 20


@dataclass(frozen=True, slots=True)
class WidgetSession:
    """An open widget: whose it is, how sure we are of that, and the token that proves it next time."""

    token: str
    contact: Contact
    level: IdentityLevel
    brand: Brand


def verify_identity(brand: Brand, token: str) -> SignedIdentity:
    """Check an identity token against the brand's live keys.

    Raises:
        IdentityTokenError: forged, for another brand, expired, without an end or one too far ahead, or malformed.
    """
    claims = _claims(brand, token)
    _check_times(claims)
    subject = claims["sub"].strip()
    if not subject or len(subject) > MAX_ID_LENGTH:
        raise IdentityTokenError(f"`sub` must have 1 to {MAX_ID_LENGTH} characters.")
    return _identity(subject, claims)


def open_session(
    brand: Brand, identity: str | SignedIdentity | None = None, old_session: str | None = None
) -> WidgetSession:
    """Open a session: of the identity's contact, of the visitor whose old session is still good, or of a new visitor.

    An old signed session is not continued without an identity: the customer may have signed out and somebody else
    may sit there now. A visitor who signs in becomes the verified contact; the two histories stay apart.

    Raises:
        IdentityTokenError: the identity is not good.
        IdentityRequiredError: this brand refuses visitors.
    """
    if isinstance(identity, str):
        identity = verify_identity(brand, identity) if identity else None
    if identity is not None:
        contact = sign_in_contact(brand_id=brand.pk, identity=identity)
        return _session(contact, IdentityLevel.SIGNED, brand)
    if brand.identity_required:
        raise IdentityRequiredError("Sign in first; then we can help you here.")
    visitor = _visitor_of(brand, old_session) or create_visitor(brand_id=brand.pk)
    return _session(visitor, _visitor_level(visitor), brand)


def read_session(token: str) -> WidgetSession:
    """Read a session token.

    Raises:
        SessionExpiredError: it is not ours, too old, its contact or brand is gone, or the contact is another brand's.
    """
    facts = _unsign(token)
    contact = Contact.objects.select_related("organization").filter(pk=facts["contact"]).first()
    brand = Brand.objects.filter(pk=facts["brand"]).first()
    if contact is None or brand is None or contact.brand_id != brand.pk:
        raise SessionExpiredError("This conversation's session is over.")
    level = IdentityLevel(facts["level"])
    if level == IdentityLevel.ANONYMOUS:
        if contact.is_verified or brand.identity_required:
            raise SessionExpiredError("This conversation's session is over.")
        level = _visitor_level(contact)
    return WidgetSession(token, contact, level, brand)


def _claims(brand: Brand, token: str) -> JSONDict:
    if len(token) > MAX_TOKEN_LENGTH:
        raise IdentityTokenError("The identity token is too long.")
    error: Exception | None = None
    for key in brand.live_keys:
        try:
            return _decode(token, key, brand.slug)
        except jwt.InvalidSignatureError as exc:
            error = exc
        except (jwt.PyJWTError, ValueError) as exc:
            raise IdentityTokenError(f"The identity token cannot be used: {exc}.") from exc
    raise IdentityTokenError("The identity token is not signed with a live key of this brand.") from error


def _decode(token: str, key: str, audience: str) -> JSONDict:
    # Times are checked against our own clock, which simulations and tests move.
    options: Any = {
        "require": ["exp", "aud", "sub"],
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
    }
    with warnings.catch_warnings():
        # A key that an admin typed may be short; the form says so, a request's log need not.
        warnings.simplefilter("ignore")
        return jwt.decode(token, key, algorithms=["HS256"], audience=audience, options=options)


def _check_times(claims: JSONDict) -> None:
    now = clock.now().timestamp()
    ends, starts = claims["exp"], claims.get("nbf", 0)
    if not _is_number(ends) or not _is_number(starts):
        raise IdentityTokenError("`exp` and `nbf` must be seconds since 1970.")
    if ends <= now - LEEWAY.total_seconds():
        raise IdentityTokenError("The identity token has expired.")
    if ends > now + (MAX_IDENTITY_AGE + LEEWAY).total_seconds():
        raise IdentityTokenError("`exp` must be at most 24 hours ahead.")
    if starts > now + LEEWAY.total_seconds():
        raise IdentityTokenError("The identity token is not valid yet.")


def _identity(subject: str, claims: JSONDict) -> SignedIdentity:
    organization = claims.get("organization")
    if not isinstance(organization, dict):
        organization = {"name": organization}
    return SignedIdentity(
        external_id=subject,
        email=_verified_email(claims),
        name=_text(claims.get("name")),
        organization=_text(organization.get("name")),
        organization_id=_text(organization.get("id")),
        plan=_text(organization.get("plan")) or _text(claims.get("plan")),
        roles=_roles(claims.get("roles")),
        locale=_text(claims.get("locale")),
    )


def _verified_email(claims: JSONDict) -> str:
    email = _text(claims.get("email"))
    if not email or claims.get("email_verified", True) is not True:
        return ""
    try:
        return clean_email(email)
    except InvalidInputError as exc:
        raise IdentityTokenError("`email` is not an e-mail address.") from exc


def _roles(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(role for role in map(_text, values) if role)[:MAX_ROLES]


def _text(value: object) -> str:
    return value.strip()[:MAX_ID_LENGTH] if isinstance(value, str) else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _visitor_level(contact: Contact) -> IdentityLevel:
    return IdentityLevel.CLAIMED if contact.email else IdentityLevel.ANONYMOUS


def _visitor_of(brand: Brand, token: str | None) -> Contact | None:
    """Give the visitor of an old session of the same brand, if there is one."""
    try:
        session = read_session(token or "")
    except SessionExpiredError:
        return None
    is_same_visitor = session.brand == brand and session.level != IdentityLevel.SIGNED
    return session.contact if is_same_visitor else None


def _session(contact: Contact, level: IdentityLevel, brand: Brand) -> WidgetSession:
    # A visitor's level follows from the contact, so that a claimed address counts without a new session.
    stored = level if level == IdentityLevel.SIGNED else IdentityLevel.ANONYMOUS
    age = SIGNED_SESSION_AGE if level == IdentityLevel.SIGNED else VISITOR_SESSION_AGE
    facts = {
        "contact": contact.pk,
        "level": stored.value,
        "brand": brand.pk,
        "until": int((clock.now() + age).timestamp()),
    }
    return WidgetSession(signing.dumps(facts, salt=SALT, compress=False), contact, level, brand)


def _unsign(token: str) -> JSONDict:
    try:
        facts: JSONDict = signing.loads(token[:MAX_TOKEN_LENGTH], salt=SALT)
    except signing.BadSignature as exc:
        raise SessionExpiredError("This conversation's session is over.") from exc
    if facts["until"] <= clock.now().timestamp():
        raise SessionExpiredError("This conversation's session is over.")
    return facts
