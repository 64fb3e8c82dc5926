"""One's own password, and a new one by mail in place of a forgotten one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm, UsernameField
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMultiAlternatives
from django.http import HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.generic import FormView

from shop import throttle
from shop.desk.forms import StaffForm
from shop.inventory.contract import MAX_WHO
from shop.mail import Kind, composed, is_email, queue, register
from shop.models import OutgoingMail

PASSWORD = "password"  # noqa: S105 (the name of a kind of mail)
FORGOTTEN = "forgotten password"
MOST_TRIES = 10
"""Names that one address can send within AXES_COOLOFF_TIME."""
SENT = (
    "If there is such an account with an e-mail address, a link to choose a new password is on its "
    "way. Otherwise ask the administrator of the shop."
)
CHANGED = "Your password is changed."
FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])
"""Django's form views take PUT as well."""


class ForgottenForm(StaffForm):
    """The user name of who forgot the password."""

    username = UsernameField(
        label="User name",
        max_length=MAX_WHO,
        error_messages={"required": "Type your user name."},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )


@method_decorator([never_cache, FORM_METHODS], name="dispatch")
class OwnPassword(views.PasswordChangeView):
    """Another password for the account that is logged in."""

    template_name = "staff/password.html"
    success_url = reverse_lazy("staff_password")
    extra_context = {"heading": "Your password", "button": "Change it"}

    def get_form(self, form_class: Any = None) -> PasswordChangeForm:
        form = super().get_form(form_class)
        form.use_required_attribute = False
        if form.is_bound:
            # What is wrong gets the focus then.
            del form.fields["old_password"].widget.attrs["autofocus"]
        return form

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, CHANGED)
        return super().form_valid(form)


@method_decorator([never_cache, FORM_METHODS], name="dispatch")
class ForgottenPassword(FormView):  # type: ignore[type-arg]  # takes none at run time
    """Sends a link to choose a new password; the same answer for a name that no account has."""

    form_class = ForgottenForm
    template_name = "staff/password.html"
    success_url = reverse_lazy("staff_login")
    extra_context = {"heading": "Forgotten password", "button": "Send a link"}

    def form_valid(self, form: ForgottenForm) -> HttpResponse:
        user = User.objects.filter(username=form.cleaned_data["username"], is_active=True).first()
        if throttle.take(self.request, FORGOTTEN, MOST_TRIES) and user and is_email(user.email):
            # One mail an hour, however often it is asked for.
            queue(PASSWORD, f"{user.pk}-{timezone.now():%Y%m%d%H}", user.email)
        messages.info(self.request, SENT)
        return super().form_valid(form)


@method_decorator(FORM_METHODS, name="dispatch")
class NewPassword(views.PasswordResetConfirmView):
    """The page of the link in the mail: a new password, once."""

    template_name = "staff/password.html"
    success_url = reverse_lazy("staff_login")
    extra_context = {"heading": "A new password", "button": "Use it"}

    def get_form(self, form_class: Any = None) -> SetPasswordForm[User]:
        form = super().get_form(form_class)
        form.use_required_attribute = False
        return form

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        messages.success(self.request, f"{CHANGED} Log in with it.")
        return super().form_valid(form)


def register_mails() -> None:
    """Register the mail with the link."""
    register(PASSWORD, Kind(build=_link_for))


def _link_for(mail: OutgoingMail) -> EmailMultiAlternatives | None:
    """The mail; None when the account is closed, gone, or has another address by now."""
    pk, _, _hour = mail.key.partition("-")
    user = User.objects.filter(pk=pk, is_active=True, email=mail.address).first()
    if user is None:
        return None
    # Made when it is sent, so that no valid link is stored.
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    address = reverse("staff_new_password", args=[uid, default_token_generator.make_token(user)])
    context: dict[str, object] = {
        "name": user.get_username(),
        "url": settings.BASE_URL + address,
        "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
    }
    return composed(mail, "A new password for the shop", "mail/password", context)
