"""Admin pages of accounts."""

from accounts.admin.brands import BrandAdmin
from accounts.admin.customers import ContactAdmin, OrganizationAdmin
from accounts.admin.staff import GroupAdmin, TeamAdmin, UserAdmin
from accounts.admin.tokens import ApiTokenAdmin

__all__ = [
    "ApiTokenAdmin",
    "BrandAdmin",
    "ContactAdmin",
    "GroupAdmin",
    "OrganizationAdmin",
    "TeamAdmin",
    "UserAdmin",
]
