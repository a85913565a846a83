"""All addresses of the product."""

from django.contrib import admin
from django.urls import include, path

from knowledge.views import crawlers
from supportai import api_docs, health
from supportai.admin_login import admin_login
from supportai.core.api.problems import unknown_address

urlpatterns = [
    path("health", health.health, name="health"),
    path("ready", health.readiness, name="readiness"),
    path("robots.txt", crawlers.robots, name="robots"),
    path("admin/login/", admin_login),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("help/", include("knowledge.urls")),
    path("widget/", include("tickets.widget_urls")),
    path("demo/", include("tickets.demo_urls")),
    path("demo/", include("integrations.urls")),
    path("api/v1/", include("tickets.api.urls")),
    path("api/v1/", include("knowledge.api.urls")),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("integrations.api.urls")),
    path("api/v1/", include("insights.api.urls")),
    path("api/v1/schema/", api_docs.SchemaView.as_view(), name="api-schema"),
    path("api/v1/docs/", api_docs.docs, name="api-docs"),
    path("api/<path:rest>", unknown_address),
    path("insights/", include("insights.urls")),
    path("", include("tickets.urls")),
]

handler400 = "supportai.bad_requests.bad_request"
