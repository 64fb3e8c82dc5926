"""Addresses of the catalogue and its products."""

from django.urls import path

from shop.catalogue import restock_views, views

urlpatterns = [
    path("shop/", views.catalogue, name="catalogue"),
    path("shop/<int:product_id>/", views.product, name="product_short"),
    path("shop/<int:product_id>/<slug:slug>/", views.product, name="product"),
    path("tell-me/<int:product_id>/", restock_views.ask, name="restock_ask"),
    path("tell-me/confirm/<str:signed>/", restock_views.confirm, name="restock_confirm"),
    path("tell-me/stop/<str:signed>/", restock_views.stop, name="restock_stop"),
]
