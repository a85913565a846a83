"""Addresses of the public help center."""

from django.urls import path

from knowledge.views import crawlers, help_search, helpcenter

app_name = "knowledge"
urlpatterns = [
    path("", helpcenter.home, name="home"),
    path("search", help_search.search, name="search"),
    path("sitemap.xml", crawlers.sitemap, name="sitemap"),
    path("topics/<slug:slug>/", helpcenter.category, name="category"),
    path("<slug:slug>/", helpcenter.article, name="article"),
    path("<slug:slug>/feedback", helpcenter.vote, name="feedback"),
    path("<path:rest>", helpcenter.nowhere, name="nowhere"),
]
