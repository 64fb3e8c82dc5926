"""System checks for ``manage.py check --deploy``."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security, deploy=True)
def check_secret_key(app_configs: object = None, **_options: Any) -> list[Error]:  # noqa: ARG001
    """Each process would otherwise sign with a key of its own that the others refuse."""
    if not settings.SECRET_KEY_IS_TEMPORARY:
        return []
    hint = (
        "'make run' writes one into .env; or make one with: "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
    return [Error("SECRET_KEY is not set.", hint=hint, id="coffeeco.E001")]
