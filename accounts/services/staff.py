"""Staff: roles, invitations, leaving."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from accounts.errors import EmailTakenError, LastAdminError
from accounts.models import Right, User
from supportai.core.errors import InvalidInputError

AGENT_RIGHTS = (Right.SEE_INBOX, Right.REPLY, Right.RESOLVE, Right.APPROVE_ACTION)
RIGHTS: dict[User.Role, tuple[Right, ...]] = {
    User.Role.AGENT: AGENT_RIGHTS,
    User.Role.LEAD: (
        *AGENT_RIGHTS,
        Right.APPROVE_SUGGESTION,
        Right.APPROVE_ANY_AMOUNT,
        Right.OVERSEE_AI,
        Right.CONFIGURE,
    ),
    User.Role.ADMIN: tuple(Right),
    User.Role.AI_OVERSIGHT: (Right.SEE_INBOX, Right.OVERSEE_AI, Right.APPROVE_SUGGESTION),
}
OPENS_ADMIN = frozenset({User.Role.LEAD, User.Role.ADMIN, User.Role.AI_OVERSIGHT})
OUR_APPS = ("accounts", "integrations", "knowledge", "tickets", "insights", "supportai")
# A lead configures the product, not who works here, what is signed, how other systems get in, or to whom all articles
# are sent for their vectors.
ONLY_ADMINS = (
    Q(content_type__app_label="accounts", content_type__model__in=["user", "brand", "apitoken"])
    | Q(content_type__app_label="integrations")
    | Q(content_type__app_label="knowledge", content_type__model="retrievalprofile")
)
# What the oversight role may switch off: the stages and the AI agent itself.
OVERSIGHT_CHANGES = Q(content_type__app_label="tickets", codename__in=["change_stage", "change_agentconfiguration"])


@transaction.atomic
def ensure_roles() -> None:
    """Create the four role groups and give each exactly its permissions; running it again changes nothing."""
    for role in User.Role:
        group, _ = Group.objects.get_or_create(name=role.value)
        wanted = Permission.objects.filter(_pages_of(role) | _rights_of(role))
        if set(wanted.values_list("pk", flat=True)) != set(group.permissions.values_list("pk", flat=True)):
            group.permissions.set(wanted)


@transaction.atomic
def invite_staff(*, email: str, name: str, role: User.Role, password: str | None = None) -> User:
    """Create a member of staff with a role; without a password they cannot sign in until one is set.

    Raises:
        EmailTakenError: somebody has this address already.
        InvalidInputError: the password is too weak.
    """
    if User.objects.filter(email__iexact=email.strip()).exists():
        raise EmailTakenError("Somebody on staff has this address already.")
    if password is not None:
        _check_password(password)
    user = User.objects.create_user(email, password, name=name)
    return set_roles(user_id=user.pk, roles=[role])


@transaction.atomic
def set_roles(*, user_id: int, roles: Iterable[User.Role]) -> User:
    """Give a member of staff exactly these roles, and the admin pages if one of them needs those.

    Raises:
        LastAdminError: the only admin would lose that role.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    wanted = set(roles)
    if User.Role.ADMIN not in wanted:
        refuse_last_admin(user)
    others = user.groups.exclude(name__in=User.Role.values)
    user.groups.set([*others, *Group.objects.filter(name__in=wanted)])
    user.is_staff = user.is_superuser or bool(wanted & OPENS_ADMIN)
    user.save(update_fields=["is_staff"])
    return user


@transaction.atomic
def deactivate_staff(*, user_id: int) -> User:
    """Let somebody sign in no more and revoke their tokens; what they wrote stays.

    Raises:
        LastAdminError: nobody else is an admin.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    refuse_last_admin(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    user.api_tokens.update(is_revoked=True)
    return user


def refuse_last_admin(user: User) -> None:
    """Refuse what would take the last active admin away.

    Raises:
        LastAdminError: it is this user.
    """
    admins = User.objects.filter(is_active=True).filter(Q(groups__name=User.Role.ADMIN) | Q(is_superuser=True))
    if admins.filter(pk=user.pk).exists() and not admins.exclude(pk=user.pk).exists():
        raise LastAdminError("This is the only admin; make somebody else admin first.")


def _rights_of(role: User.Role) -> Q:
    return Q(content_type__app_label="accounts", content_type__model="user", codename__in=RIGHTS[role])


def _pages_of(role: User.Role) -> Q:
    """Choose the model permissions, which open the admin's pages."""
    ours = Q(content_type__app_label__in=OUR_APPS)
    reads = ours & Q(codename__startswith="view_")
    no_right = ~Q(codename__in=list(Right))
    if role == User.Role.ADMIN:
        return (ours | Q(content_type__app_label="auth", content_type__model="group")) & no_right
    if role == User.Role.LEAD:
        return reads | (ours & no_right & ~ONLY_ADMINS)
    return reads | OVERSIGHT_CHANGES if role == User.Role.AI_OVERSIGHT else Q(pk__in=[])


def _check_password(password: str) -> None:
    try:
        validate_password(password)
    except ValidationError as exc:
        raise InvalidInputError(" ".join(exc.messages)) from exc
