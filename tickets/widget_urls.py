"""Addresses of the embeddable widget: its files and its HTTP side."""

from django.urls import path

from tickets.views import widget

app_name = "widget"

urlpatterns = [
    path("widget.js", widget.loader, name="loader"),
    path("v/<str:version>/<str:name>", widget.part, name="part"),
    path("session", widget.session, name="session"),
    path("messages", widget.messages, name="messages"),
    path("person", widget.person, name="person"),
    path("csat", widget.csat, name="csat"),
    path("attachments", widget.upload, name="upload"),
    path("attachments/<uuid:public_id>", widget.attachment_link, name="attachment-link"),
    path("files/<uuid:public_id>", widget.attachment, name="attachment"),
]
