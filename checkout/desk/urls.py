"""Addresses of the staff's front page, alerts and orders, under ``/staff/``."""

from django.urls import path

from checkout.desk import home, sums_views, ticked, views

urlpatterns = [
    path("", home.staff_home, name="staff_home"),
    path("alerts/", views.staff_alerts, name="staff_alerts"),
    path("alerts/acknowledge/", views.staff_acknowledge, name="staff_acknowledge"),
    path("orders/", views.staff_orders, name="staff_orders"),
    path("orders/export/", views.staff_orders_export, name="staff_orders_export"),
    path("orders/sums/", sums_views.staff_sums, name="staff_sums"),
    path("orders/sums/export/", sums_views.staff_sums_export, name="staff_sums_export"),
    path("orders/pick-list/", views.staff_pick_list, name="staff_pick_list"),
    path("orders/cancel/", ticked.staff_cancel_ticked, name="staff_cancel_ticked"),
    path("orders/remind/", ticked.staff_remind_ticked, name="staff_remind_ticked"),
    path("orders/<slug:reference>/", views.staff_order, name="staff_order"),
    path("orders/<slug:reference>/hand-over/", views.staff_hand_over, name="staff_hand_over"),
    path(
        "orders/<slug:reference>/hand-over/undo/",
        views.staff_undo_hand_over,
        name="staff_undo_hand_over",
    ),
    path("orders/<slug:reference>/settle/", views.staff_settle, name="staff_settle"),
    path("orders/<slug:reference>/cancel/", views.staff_cancel, name="staff_cancel"),
]
