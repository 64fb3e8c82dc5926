"""Addresses of the catalogue and its products."""

from django.urls import path

from shop.catalogue import views

urlpatterns = [
    path("shop/", views.catalogue, name="catalogue"),
    path("shop/<int:product_id>/", views.product, name="product_short"),
    path("shop/<int:product_id>/<slug:slug>/", views.product, name="product"),
]
