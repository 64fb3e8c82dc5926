"""Staff log in, and the page for too many failed log-ins."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.inventory.contract import MAX_WHO
from shop.throttle import make_known

CHECKS = BoundedSemaphore(2)
"""Passwords that this process checks at a time. One takes 0.3 s of a processor, by design."""
BUSY = "Others are logging in at this moment. Type your password again."


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

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Not waited for: a waiting request would hold a thread that shoppers need.
        if not CHECKS.acquire(blocking=False):
            return self._busy(request.POST.get("username", ""))
        try:
            return super().post(request, *args, **kwargs)
        finally:
            CHECKS.release()

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        make_known(response, form.get_user().get_username())
        return response

    def _busy(self, username: str) -> HttpResponse:
        form = LoginForm(initial={"username": username})
        context = self.get_context_data(form=form, notice=BUSY)
        return self.render_to_response(context, status=429, headers={"Retry-After": "2"})
