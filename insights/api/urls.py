"""Addresses under /api/v1/."""

from django.urls import path

from insights.api.views import SummaryView

urlpatterns = [path("insights/summary/", SummaryView.as_view(), name="insights-summary")]
