"""Every address of the site."""

from django.urls import include, path

from coffeeco_site import views

urlpatterns = [
    path("", views.home, name="home"),
    path("", include("shop.urls")),
    path("", include("checkout.urls")),
    path("staff/", views.staff_home, name="staff_home"),
    path("staff/", include("shop.staff_urls")),
]
