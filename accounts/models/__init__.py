"""Who is who: staff, customers, organizations, brands."""

from accounts.models.api_token import ApiToken
from accounts.models.brand import Brand
from accounts.models.contact import Contact, IdentityLevel
from accounts.models.organization import Organization
from accounts.models.team import Team
from accounts.models.user import Right, User

__all__ = ["ApiToken", "Brand", "Contact", "IdentityLevel", "Organization", "Right", "Team", "User"]
