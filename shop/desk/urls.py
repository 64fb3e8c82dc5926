"""Addresses of the stock desk, under ``/staff/``."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from shop.desk import delivery_views, ledger_views, login, product_views, stock_views

urlpatterns = [
    path("login/", login.StaffLogin.as_view(), name="staff_login"),
    path("logout/", LogoutView.as_view(), name="staff_logout"),
    path("stock/", stock_views.staff_stock, name="staff_stock"),
    path("stock/add/", product_views.staff_add, name="staff_add"),
    path("stock/<int:product_id>/", product_views.staff_product, name="staff_product"),
    path("stock/<int:product_id>/receive/", product_views.staff_receive, name="staff_receive"),
    path("stock/<int:product_id>/count/", product_views.staff_count, name="staff_count"),
    path("stock/<int:product_id>/details/", product_views.staff_details, name="staff_details"),
    path(
        "stock/<int:product_id>/withdraw/",
        product_views.staff_withdraw,
        name="staff_withdraw",
    ),
    path(
        "stock/<int:product_id>/put-back/",
        product_views.staff_put_back,
        name="staff_put_back",
    ),
    path("stock/<int:product_id>/accept/", product_views.staff_accept, name="staff_accept"),
    path("ledger/", ledger_views.staff_ledger, name="staff_ledger"),
    path("ledger/export/", ledger_views.staff_ledger_export, name="staff_ledger_export"),
    path("deliveries/", delivery_views.staff_deliveries, name="staff_deliveries"),
    path(
        "deliveries/template/",
        delivery_views.staff_delivery_template,
        name="staff_delivery_template",
    ),
    path(
        "deliveries/preview/", delivery_views.staff_delivery_preview, name="staff_delivery_preview"
    ),
    path(
        "deliveries/confirm/", delivery_views.staff_delivery_confirm, name="staff_delivery_confirm"
    ),
    path("deliveries/<slug:key>/", delivery_views.staff_delivery, name="staff_delivery"),
]
