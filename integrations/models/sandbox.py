"""The sandbox: a small billing, accounts and orders system in our own database, for the demo and simulations."""

from typing import ClassVar

from django.db import models

from supportai.core import clock


class SandboxRow(models.Model):
    """A row with a readable id, as the other side would give it."""

    PREFIX: ClassVar[str] = "row"

    id = models.CharField(max_length=60, primary_key=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.id)


class OwnedRow(SandboxRow):
    """A row that belongs to a contact (by e-mail) or to an organization (by name)."""

    contact = models.EmailField(blank=True)
    organization = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True


class SandboxOrganization(SandboxRow):
    """A customer company of the other side; `admin` is the address that decides for it."""

    PREFIX = "org"

    name = models.CharField(max_length=200, unique=True)
    plan = models.CharField(max_length=20, blank=True)
    mrr_cents = models.BigIntegerField(default=0)
    sso = models.BooleanField(default=False)
    admin = models.EmailField(blank=True)


class SandboxContact(SandboxRow):
    """A person as the other side knows them."""

    PREFIX = "con"

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    organization = models.CharField(max_length=200, blank=True)
    plan = models.CharField(max_length=20, blank=True)


class SandboxAccount(OwnedRow):
    """A sign-in."""

    PREFIX = "acc"

    status = models.CharField(max_length=20, default="active")
    last_login = models.DateTimeField(null=True, blank=True)
    roles = models.JSONField(default=list)
    mfa = models.BooleanField(default=False)


class SandboxSubscription(OwnedRow):
    """A paid plan."""

    PREFIX = "sub"

    plan = models.CharField(max_length=20)
    status = models.CharField(max_length=20, default="active")
    renews = models.DateTimeField(null=True, blank=True)


class SandboxCharge(OwnedRow):
    """Money that was taken."""

    PREFIX = "ch"

    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="usd")
    refunded_cents = models.BigIntegerField(default=0)
    status = models.CharField(max_length=20, default="paid")
    created = models.DateTimeField(default=clock.now)
    description = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="sandbox_refund_within_charge",
                condition=models.Q(refunded_cents__gte=0, refunded_cents__lte=models.F("amount_cents")),
            ),
        )

    @property
    def rest_cents(self) -> int:
        """Give what can still be given back; nothing of a charge that counts as refunded."""
        return 0 if self.status == "refunded" else self.amount_cents - self.refunded_cents


class SandboxRefund(SandboxRow):
    """Money that was given back."""

    PREFIX = "re"

    charge = models.CharField(max_length=60)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    created = models.DateTimeField(default=clock.now)


class SandboxInvoice(OwnedRow):
    """A bill."""

    PREFIX = "in"

    charge = models.CharField(max_length=60, blank=True)
    number = models.CharField(max_length=60, blank=True)
    url = models.CharField(max_length=300, blank=True)
    amount_cents = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="usd")
    created = models.DateTimeField(default=clock.now)


class SandboxCredit(SandboxRow):
    """Money that the next bill takes off."""

    PREFIX = "cr"

    contact = models.EmailField()
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="usd")
    reason = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=20, default="active")


class SandboxOrder(OwnedRow):
    """Goods on their way."""

    PREFIX = "ord"

    status = models.CharField(max_length=20, default="processing")
    tracking = models.CharField(max_length=100, blank=True)
    created = models.DateTimeField(default=clock.now)
    description = models.CharField(max_length=200, blank=True)


class SandboxIntegration(OwnedRow):
    """A customer's connection to a tool of theirs."""

    PREFIX = "int"

    name = models.CharField(max_length=80)
    status = models.CharField(max_length=20, default="active")
    last_error = models.CharField(max_length=300, blank=True)
    last_sync = models.DateTimeField(null=True, blank=True)


class SandboxIssue(SandboxRow):
    """A bug report."""

    PREFIX = "iss"

    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=20, default="open")


class SandboxFault(models.Model):
    """The next calls of an action that shall fail: `error` changes nothing, `timeout_after` changes and then hangs up."""

    class Kind(models.TextChoices):
        ERROR = "error", "Error"
        TIMEOUT_AFTER = "timeout_after", "Time-out after the change"

    action = models.CharField(max_length=80)
    kind = models.CharField(max_length=20, choices=Kind)
    times = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.action} {self.kind} x{self.times}"


class SandboxCall(models.Model):
    """What a write with an idempotency key returned, so that repeating it changes nothing, as providers do."""

    idempotency_key = models.UUIDField(unique=True)
    action = models.CharField(max_length=80)
    result = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.action


TABLES: dict[str, type[SandboxRow]] = {
    "contacts": SandboxContact,
    "organizations": SandboxOrganization,
    "accounts": SandboxAccount,
    "subscriptions": SandboxSubscription,
    "charges": SandboxCharge,
    "invoices": SandboxInvoice,
    "credits": SandboxCredit,
    "orders": SandboxOrder,
    "integrations": SandboxIntegration,
    "issues": SandboxIssue,
    "refunds": SandboxRefund,
}
