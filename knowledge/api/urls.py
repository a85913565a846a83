"""Addresses under /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from knowledge.api.views import ArticleViewSet, GapViewSet, SearchView

router = SimpleRouter(use_regex_path=False)
router.register("articles", ArticleViewSet, basename="article")
router.register("gaps", GapViewSet, basename="gap")

urlpatterns = [*router.urls, path("search/", SearchView.as_view(), name="search")]
