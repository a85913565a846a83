"""Refusals of accounts."""

from supportai.core.errors import DomainError


class IdentityTokenError(DomainError):
    """The signed identity of a widget cannot be trusted; the message says why, for the developer who made it."""

    code = "identity_token_invalid"
    status = 401


class SessionExpiredError(DomainError):
    """The widget's session is over or was not made by us; the widget opens another one."""

    code = "session_expired"
    status = 401


class IdentityRequiredError(DomainError):
    """This brand talks only to customers who are signed in to its product."""

    code = "identity_required"
    status = 403


class EmailTakenError(DomainError):
    """The address belongs to somebody else."""

    code = "email_taken"
    status = 409


class ContactVerifiedError(DomainError):
    """A verified contact's facts come from its signed identity, not from what a visitor types."""

    code = "contact_verified"
    status = 409


class LastAdminError(DomainError):
    """Nobody would be left who can configure the installation."""

    code = "last_admin"
    status = 409


class ContactNotVerifiedError(DomainError):
    """Nobody vouched for this contact, so nobody may say who it is."""

    code = "contact_not_verified"
    status = 409


class ContactTakenError(DomainError):
    """Another verified contact of the brand has the address or the id; `extra["field"]` says which."""

    code = "contact_taken"
    status = 409


class OrganizationTakenError(DomainError):
    """Another organization has the name or the id; `extra["field"]` says which."""

    code = "organization_taken"
    status = 409
