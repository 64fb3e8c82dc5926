"""Addresses of the stock desk, under ``/staff/``."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from shop import staff_views

urlpatterns = [
    path("login/", staff_views.StaffLogin.as_view(), name="staff_login"),
    path("logout/", LogoutView.as_view(), name="staff_logout"),
    path("stock/", staff_views.staff_stock, name="staff_stock"),
    path("deliveries/", staff_views.staff_deliveries, name="staff_deliveries"),
    path(
        "deliveries/template/", staff_views.staff_delivery_template, name="staff_delivery_template"
    ),
    path("deliveries/preview/", staff_views.staff_delivery_preview, name="staff_delivery_preview"),
    path("deliveries/confirm/", staff_views.staff_delivery_confirm, name="staff_delivery_confirm"),
    path("deliveries/<slug:key>/", staff_views.staff_delivery, name="staff_delivery"),
]
