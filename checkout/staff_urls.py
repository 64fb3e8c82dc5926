"""Addresses of the staff's alerts and orders, under ``/staff/``."""

from django.urls import path

from checkout import staff_views

urlpatterns = [
    path("alerts/", staff_views.staff_alerts, name="staff_alerts"),
    path("alerts/acknowledge/", staff_views.staff_acknowledge, name="staff_acknowledge"),
]
