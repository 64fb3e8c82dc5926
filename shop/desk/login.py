"""Staff log in, and the page for too many failed log-ins."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.inventory.contract import MAX_WHO


class LoginForm(AuthenticationForm):
    """A user name and a password."""

    use_required_attribute = False
    username = UsernameField(
        label="User name",
        max_length=MAX_WHO,
        error_messages={
            "required": "Type your user name.",
            "max_length": "A user name has at most %(limit_value)d characters.",
        },
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        error_messages={"required": "Type your password."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    error_messages = {
        "invalid_login": (
            "That user name and password do not belong together. Check both: capital letters count."
        ),
        "inactive": "This account is closed. Ask the administrator of the shop.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound:
            # What is wrong gets the focus then.
            del self.fields["username"].widget.attrs["autofocus"]


def locked_out(
    request: HttpRequest, _response: HttpResponse, _credentials: dict[str, str]
) -> HttpResponse:
    """After too many failed log-ins; the same page whether there is such an account or not."""
    response = render(request, "staff/locked.html", status=429)
    response["Retry-After"] = str(int(settings.AXES_COOLOFF_TIME.total_seconds()))
    response["Cache-Control"] = "no-store"
    return response


class StaffLogin(LoginView):
    """Log in; goes on to ``next`` only when that is a page of this shop."""

    template_name = "staff/login.html"
    authentication_form = LoginForm
