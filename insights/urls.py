"""Addresses of the dashboard."""

from django.urls import path

from insights.views import dashboard

app_name = "insights"

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("numbers.csv", dashboard.numbers, name="numbers"),
    path("tickets/<slug:figure>/", dashboard.tickets, name="tickets"),
]
