"""Addresses of the stock desk."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

urlpatterns = [
    path("login/", LoginView.as_view(template_name="staff/login.html"), name="staff_login"),
    path("logout/", LogoutView.as_view(), name="staff_logout"),
]
