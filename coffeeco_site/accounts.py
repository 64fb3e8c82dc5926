"""Django's admin for accounts and groups; everything else has its own staff pages."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from shop.email_form import LOOKS_WRONG
from shop.mail import is_email


class AccountsSite(AdminSite):
    """For staff who may manage accounts. They use the staff log-in, with its throttle."""

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


class AccountAdmin(UserAdmin):  # type: ignore[type-arg]  # takes none at run time
    """Accounts; their e-mail addresses must be ones that mail can be sent to."""

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name == "email":
            field.validators = [_check_email]
        return field


def _check_email(address: str) -> None:
    if not is_email(address):
        raise ValidationError(LOOKS_WRONG)


accounts = AccountsSite(name="accounts")
accounts.register(User, AccountAdmin)
accounts.register(Group, GroupAdmin)
