"""Addresses of the stock desk, under ``/staff/``."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from shop.desk import delivery_views as deliveries
from shop.desk import ledger_views as ledger
from shop.desk import login, passwords, stock_views
from shop.desk import price_views as prices
from shop.desk import product_forms as forms
from shop.desk import stocktake_views as stocktake
from shop.desk.product_views import changing, staff_add, staff_product
from shop.desk.reorder_views import staff_reorder

urlpatterns = [
    path("login/", login.StaffLogin.as_view(), name="staff_login"),
    path("logout/", LogoutView.as_view(), name="staff_logout"),
    path("password/", passwords.OwnPassword.as_view(), name="staff_password"),
    path("password/forgotten/", passwords.ForgottenPassword.as_view(), name="staff_forgotten"),
    path(
        "password/new/<str:uidb64>/<str:token>/",
        passwords.NewPassword.as_view(),
        name="staff_new_password",
    ),
    path("stock/", stock_views.staff_stock, name="staff_stock"),
    path("stock/export/", stock_views.staff_stock_export, name="staff_stock_export"),
    path("stock/add/", staff_add, name="staff_add"),
    path("stock/reorder/", staff_reorder, name="staff_reorder"),
    path("stock/count/", stocktake.staff_stocktake, name="staff_stocktake"),
    path("stock/count/write/", stocktake.staff_stocktake_write, name="staff_stocktake_write"),
    path("stock/<int:product_id>/", staff_product, name="staff_product"),
    path("stock/<int:product_id>/receive/", changing(forms.ReceiveForm), name="staff_receive"),
    path("stock/<int:product_id>/count/", changing(forms.CountForm), name="staff_count"),
    path("stock/<int:product_id>/details/", changing(forms.DetailsForm), name="staff_details"),
    path("stock/<int:product_id>/withdraw/", changing(forms.WithdrawForm), name="staff_withdraw"),
    path("stock/<int:product_id>/put-back/", changing(forms.PutBackForm), name="staff_put_back"),
    path("stock/<int:product_id>/accept/", changing(forms.AcceptForm), name="staff_accept"),
    path("prices/", prices.staff_prices, name="staff_prices"),
    path("prices/raise/", prices.staff_price_raise, name="staff_price_raise"),
    path("prices/preview/", prices.staff_price_preview, name="staff_price_preview"),
    path("prices/write/", prices.staff_price_write, name="staff_price_write"),
    path("ledger/", ledger.staff_ledger, name="staff_ledger"),
    path("ledger/export/", ledger.staff_ledger_export, name="staff_ledger_export"),
    path("deliveries/", deliveries.staff_deliveries, name="staff_deliveries"),
    path("deliveries/template/", deliveries.staff_template, name="staff_delivery_template"),
    path("deliveries/preview/", deliveries.staff_preview, name="staff_delivery_preview"),
    path("deliveries/confirm/", deliveries.staff_confirm, name="staff_delivery_confirm"),
    path("deliveries/<slug:key>/", deliveries.staff_delivery, name="staff_delivery"),
    path("deliveries/<slug:key>/undo/", deliveries.staff_undo_delivery, name="staff_undo_delivery"),
]
