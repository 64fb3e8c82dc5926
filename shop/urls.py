"""Addresses up to the basket."""

from django.urls import include, path

urlpatterns = [
    path("", include("shop.catalogue.urls")),
    path("", include("shop.basket.urls")),
]
