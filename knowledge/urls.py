"""Addresses of the public help center."""

from django.urls import path

from knowledge.views import helpcenter

app_name = "knowledge"
urlpatterns = [
    path("", helpcenter.home, name="home"),
    path("search", helpcenter.search, name="search"),
    path("<slug:slug>/", helpcenter.article, name="article"),
]
