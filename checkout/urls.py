"""Addresses from Pay on."""

from django.urls import path

from checkout import find_order, views

urlpatterns = [
    path("checkout/", views.summary, name="checkout"),
    path("checkout/pay/", views.pay, name="pay"),
    path("checkout/thanks/<str:signed>/", views.thanks, name="thanks"),
    path("orders/", find_order.find_order, name="find_order"),
]
