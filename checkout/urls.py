"""Addresses of the checkout and of orders."""

from django.urls import path

from checkout import find_order, receipt, views

urlpatterns = [
    path("checkout/", views.summary, name="checkout"),
    path("checkout/pay/", views.pay, name="pay"),
    path("checkout/thanks/<str:signed>/", receipt.thanks, name="thanks"),
    path("checkout/thanks/<str:signed>/email/", receipt.correct_address, name="correct_address"),
    path("checkout/thanks/<str:signed>/cancel/", receipt.cancel, name="cancel"),
    path("checkout/thanks/<str:signed>/again/", receipt.order_again, name="order_again"),
    path("orders/", find_order.find_order, name="find_order"),
]
