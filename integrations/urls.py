"""Addresses of the sandbox's pages, beside those of the demo company's product."""

from django.urls import path

from integrations.views import sandbox

app_name = "sandbox"

urlpatterns = [path("reset", sandbox.reset, name="reset")]
