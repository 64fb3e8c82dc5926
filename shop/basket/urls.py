"""Addresses of the basket."""

from django.urls import path

from shop.basket import views

urlpatterns = [
    path("basket/", views.basket, name="basket"),
    path("basket/add/", views.add, name="basket_add"),
    path("basket/update/", views.update, name="basket_update"),
    path("basket/remove/", views.remove, name="basket_remove"),
    path("basket/undo/", views.undo, name="basket_undo"),
    path("basket/reduce/", views.reduce, name="basket_reduce"),
]
