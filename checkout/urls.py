"""Addresses from Pay on."""

from django.urls import path

from checkout import views

urlpatterns = [
    path("checkout/", views.summary, name="checkout"),
    path("checkout/pay/", views.pay, name="pay"),
    path("checkout/thanks/<str:signed>/", views.thanks, name="thanks"),
    path("orders/", views.find_order, name="find_order"),
]
