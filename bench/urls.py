"""The product's addresses, and beside them the yardsticks and triggers that only a bench has."""

from django.urls import include, path

from bench import views

urlpatterns = [
    path("bench/plain", views.plain),
    path("bench/query", views.query),
    path("bench/enqueue", views.enqueue),
    path("bench/burst", views.burst),
    path("", include("supportai.urls")),
]
