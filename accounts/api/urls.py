"""Addresses under /api/v1/."""

from rest_framework.routers import SimpleRouter

from accounts.api import schema  # noqa: F401 - registers on import
from accounts.api.views import ContactViewSet, OrganizationViewSet

router = SimpleRouter(use_regex_path=False)
router.register("contacts", ContactViewSet, basename="contact")
router.register("organizations", OrganizationViewSet, basename="organization")

urlpatterns = router.urls
