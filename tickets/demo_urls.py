"""Addresses of the demo company's product, which carries the widget."""

from django.urls import path

from tickets.views import demo

app_name = "demo"

urlpatterns = [path("", demo.billing, name="billing")]
