"""Addresses under /api/v1/."""

from rest_framework.routers import SimpleRouter

from integrations.api.views import ApprovalViewSet, ExecutionViewSet, InstallationViewSet

router = SimpleRouter(use_regex_path=False)
router.register("executions", ExecutionViewSet, basename="execution")
router.register("approvals", ApprovalViewSet, basename="approval")
router.register("installations", InstallationViewSet, basename="installation")

urlpatterns = router.urls
