"""Addresses up to the basket."""

from django.urls import path

from shop import basket_views, views

urlpatterns = [
    path("shop/", views.catalogue, name="catalogue"),
    path("shop/<int:product_id>/", views.product, name="product_short"),
    path("shop/<int:product_id>/<slug:slug>/", views.product, name="product"),
    path("basket/", basket_views.basket, name="basket"),
    path("basket/add/", basket_views.add, name="basket_add"),
    path("basket/update/", basket_views.update, name="basket_update"),
    path("basket/remove/", basket_views.remove, name="basket_remove"),
    path("basket/undo/", basket_views.undo, name="basket_undo"),
    path("basket/reduce/", basket_views.reduce, name="basket_reduce"),
]
