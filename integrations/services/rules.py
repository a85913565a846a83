"""Rules that hold whenever a call is about to be made: switched on, somebody we know, and an own object."""

from dataclasses import dataclass

from pydantic import ValidationError

from accounts.models import Contact, IdentityLevel
from integrations.actions import ActionSpec, BoundIdentity, Connector, Params, connector_for
from integrations.errors import ActionRefusedError, ConnectorError
from integrations.models import ActionPolicy, Installation
from integrations.services.limits import policy_for
from supportai.core.models import JSONDict

MAX_MESSAGE_LENGTH = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedCall:
    """A call that the rules let through, with what it takes to make it."""

    spec: ActionSpec
    policy: ActionPolicy
    connector: Connector
    params: Params
    identity: BoundIdentity


def check_rules(
    *, spec: ActionSpec, installation: Installation, contact: Contact, level: str, params: Params
) -> AllowedCall:
    """Check a call right before it is stored, and again before a stored one is made.

    Raises:
        ActionRefusedError: action_off, denied_by_policy, identity_too_low, not_owner or owner_unknown; nothing was called.
    """
    policy = policy_for(spec.capability)
    if not installation.may_act:
        raise ActionRefusedError("action_off", f"{installation.name} is switched off for actions.")
    if policy.mode == ActionPolicy.Mode.DENY:
        raise ActionRefusedError("denied_by_policy", "This action is switched off.")
    known = IdentityLevel(level if level in IdentityLevel.values else IdentityLevel.ANONYMOUS)
    if not contact.is_verified or not known.covers(IdentityLevel(policy.identity_level)):
        raise ActionRefusedError("identity_too_low", "The customer's identity is not verified well enough.")
    connector, identity = connector_for(installation), bound_identity(contact, level)
    if spec.owner:
        try:
            spec.owner(connector, params, identity)
        except ConnectorError as exc:
            raise ActionRefusedError("owner_unknown", f"Could not find out whose it is: {exc}") from exc
    return AllowedCall(spec=spec, policy=policy, connector=connector, params=params, identity=identity)


def parse_arguments(spec: ActionSpec, arguments: JSONDict) -> Params:
    """Read arguments strictly: nothing extra, nothing converted.

    Raises:
        ActionRefusedError: invalid_arguments; the message names the fields.
    """
    try:
        return spec.params.model_validate(arguments)
    except ValidationError as exc:
        problems = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in exc.errors())
        message = f"Arguments of {spec.name}: {problems}"[:MAX_MESSAGE_LENGTH]
        raise ActionRefusedError("invalid_arguments", message) from exc


def bound_identity(contact: Contact, level: str) -> BoundIdentity:
    """Bind who asks; an address that is only claimed is no identity, and roles count only in a signed message."""
    if not contact.is_verified:
        return BoundIdentity(contact_id=contact.pk, email="", name="", organization="")
    return BoundIdentity(
        contact_id=contact.pk,
        email=contact.email.lower(),
        name=contact.name,
        organization=contact.organization.name if contact.organization else "",
        roles=frozenset(map(str, contact.roles)) if level == IdentityLevel.SIGNED else frozenset(),
    )
