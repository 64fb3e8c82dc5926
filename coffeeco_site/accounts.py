"""Django's admin, for accounts and groups and nothing else; all else has pages of its own."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse


class AccountsSite(AdminSite):
    """For people who may look after accounts; they log in where all staff do, throttled alike."""

    site_header = site_title = "CoffeeCo accounts"
    index_title = "Accounts and groups"
    site_url = "/staff/"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_active and user.is_authenticated and user.has_module_perms("auth"))

    def login(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 (the admin's signature)
    ) -> HttpResponse:
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("accounts:index"))


accounts = AccountsSite(name="accounts")
accounts.register(User, UserAdmin)
accounts.register(Group, GroupAdmin)
