"""Addresses of the staff's alerts and orders, under ``/staff/``."""

from django.urls import path

from checkout import staff_views

urlpatterns = [
    path("alerts/", staff_views.staff_alerts, name="staff_alerts"),
    path("alerts/acknowledge/", staff_views.staff_acknowledge, name="staff_acknowledge"),
    path("orders/", staff_views.staff_orders, name="staff_orders"),
    path("orders/export/", staff_views.staff_orders_export, name="staff_orders_export"),
    path("orders/<slug:reference>/", staff_views.staff_order, name="staff_order"),
    path("orders/<slug:reference>/hand-over/", staff_views.staff_hand_over, name="staff_hand_over"),
    path("orders/<slug:reference>/settle/", staff_views.staff_settle, name="staff_settle"),
    path("orders/<slug:reference>/cancel/", staff_views.staff_cancel, name="staff_cancel"),
]
