"""Reads settings from the environment or ``.env``; every error says what to set."""

from __future__ import annotations

import os
import re
import secrets
import warnings
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
HOW_TO_MAKE_A_KEY = "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
WORDS = {"1": True, "true": True, "on": True, "yes": True}
WORDS |= {"0": False, "false": False, "off": False, "no": False}

_env = environ.Env()


def read_file() -> None:
    """Read ``.env``, or the file that ENV_FILE names; what the environment sets stays.

    Tests name an empty file, because they must never use the key and the stock of a real shop.
    """
    path = Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env")
    try:
        # Opened here because read_env ignores a file that it may not read.
        with path.open(encoding="utf-8") as lines:
            _env.read_env(lines)
    except OSError as error:
        if "ENV_FILE" in os.environ or not isinstance(error, FileNotFoundError):
            raise ImproperlyConfigured(f"{path} can't be read: {error.strerror}.") from error


def text(name: str, default: str = "") -> str:
    """The value as it is."""
    return str(_env.str(name, default=default))


def texts(name: str) -> list[str]:
    """Values between commas."""
    return list(_env.list(name, default=[]))


def flag(name: str, *, default: bool) -> bool:
    """A yes or no; any other word is refused instead of read as no."""
    value = text(name).strip().lower()
    if not value:
        return default
    if value not in WORDS:
        raise ImproperlyConfigured(f"{name} is {value!r}; set it to on or off.")
    return WORDS[value]


def number(name: str, default: str, low: str, high: str) -> Decimal:
    """A number between two bounds, in plain digits."""
    value = text(name).strip() or default
    is_plain = re.fullmatch(r"\d+(\.\d+)?", value, re.ASCII)
    if not is_plain or not Decimal(low) <= Decimal(value) <= Decimal(high):
        raise ImproperlyConfigured(f"{name} is {value!r}; set it to a number from {low} to {high}.")
    return Decimal(value)


def whole(name: str, default: str, low: str, high: str) -> int:
    """A whole number between two bounds."""
    value = number(name, default, low, high)
    if value != int(value):
        raise ImproperlyConfigured(
            f"{name} is {str(value)!r}; set it to a whole number from {low} to {high}."
        )
    return int(value)


def cancel_uncollected(keep_days: int) -> bool:
    """CANCEL_UNCOLLECTED, which needs the days for which bags are kept."""
    is_on = flag("CANCEL_UNCOLLECTED", default=False)
    if is_on and not keep_days:
        raise ImproperlyConfigured(
            "CANCEL_UNCOLLECTED is on while PICKUP_KEEP_DAYS is 0; set that to the days for which "
            "bags are kept."
        )
    return is_on


def inventory_timeout() -> float:
    """INVENTORY_TIMEOUT in seconds; the older name IRIS_TIMEOUT is read with a warning."""
    older = text("IRIS_TIMEOUT")
    if older:
        # A FutureWarning, because Python shows it by default.
        warnings.warn("IRIS_TIMEOUT is now called INVENTORY_TIMEOUT; rename it.", FutureWarning, 1)
    return float(number("INVENTORY_TIMEOUT", older or "5", "0.5", "60"))


def allowed_hosts() -> list[str]:
    """ALLOWED_HOSTS and this machine's local names, which its health checks use."""
    named = texts("ALLOWED_HOSTS")
    return [*named, *(host for host in LOCAL_HOSTS if host not in named)]


def secret_key(*, is_public: bool, debug: bool) -> tuple[str, bool]:
    """SECRET_KEY, and whether it is a temporary one because none is set.

    A temporary key lives as long as this process and those that it starts. A shop that others can
    reach (``is_public``) needs a long key of its own, and DEBUG off.
    """
    key = text("SECRET_KEY")
    if is_public and not key:
        raise ImproperlyConfigured(
            f"ALLOWED_HOSTS is set but SECRET_KEY is not. Make one with: {HOW_TO_MAKE_A_KEY}"
        )
    if is_public and len(key) < 32:
        raise ImproperlyConfigured("SECRET_KEY is shorter than 32 characters; make a longer one.")
    if is_public and debug:
        raise ImproperlyConfigured("DEBUG is on while ALLOWED_HOSTS is set; switch DEBUG off.")
    if key:
        return key, False
    os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
    return os.environ["SECRET_KEY"], True


def matching(name: str, default: str, pattern: str, advice: str) -> str:
    """A text that a pattern matches from its beginning to its end."""
    value = text(name, default)
    if not re.fullmatch(pattern, value):
        raise ImproperlyConfigured(f"{name} is {value!r}; set it to {advice}.")
    return value


def time_zone() -> str:
    """The name of a time zone that this machine knows."""
    value = text("TIME_ZONE", "UTC")
    if value not in available_timezones():
        raise ImproperlyConfigured(
            f"TIME_ZONE is {value!r}; set it to a name such as UTC or Europe/Lisbon."
        )
    return value


def email() -> dict[str, Any]:
    """Django's settings for sending mail, by name. The error does not repeat the password."""
    try:
        found = _env.email_url("EMAIL_URL", default="consolemail://")
    except (ImproperlyConfigured, ValueError) as error:
        raise ImproperlyConfigured(
            "EMAIL_URL is not one the shop can use; set it to consolemail:// or "
            "smtp+tls://user:password@host:587."
        ) from error
    defaults = {"EMAIL_HOST": "localhost", "EMAIL_PORT": 25, "EMAIL_HOST_USER": ""}
    defaults |= {"EMAIL_HOST_PASSWORD": "", "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False}
    chosen = {name: found.get(name) or default for name, default in defaults.items()}
    return {"EMAIL_BACKEND": found["EMAIL_BACKEND"], **chosen}


def database(*, timeout: float) -> dict[str, Any]:
    """Django's settings of its database: SQLite, or PostgreSQL.

    A relative path of SQLite starts at the project. ``timeout`` is in seconds: how long SQLite
    waits for other writers.
    """
    url = text("DATABASE_URL").strip() or "sqlite:///shop.sqlite3"
    # The address may hold a password, so the error does not repeat it.
    refusal = ImproperlyConfigured(
        "DATABASE_URL is not one the shop can use; set it to sqlite:///shop.sqlite3 or "
        "postgres://user:password@host:5432/database."
    )
    if not re.match(r"(sqlite|postgres|postgresql)://", url):
        raise refusal
    try:
        config: dict[str, Any] = environ.Env.db_url_config(url)
    except ValueError as error:
        raise refusal from error
    if not config["NAME"]:
        raise refusal
    config |= {"CONN_MAX_AGE": None, "ATOMIC_REQUESTS": False}
    if config["ENGINE"].endswith("sqlite3"):
        if config["NAME"] != ":memory:":
            config["NAME"] = str(BASE_DIR / config["NAME"])
        # Django's backend, with a queue of writers.
        config["ENGINE"] = "coffeeco_site.sqlite"
        config["OPTIONS"] = {
            # A transaction that reads first and writes later would otherwise fail with "database
            # is locked" instead of waiting.
            "transaction_mode": "IMMEDIATE",
            "timeout": timeout,
            # FULL: a sale that was confirmed survives a power cut.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    else:
        # Django's backend, whose connections wait no longer than the time limit.
        config["ENGINE"] = "coffeeco_site.postgresql"
        config["CONN_HEALTH_CHECKS"] = True
        # For commands; a request's time limit holds for connecting too.
        config["OPTIONS"] = {"connect_timeout": 5, **config.get("OPTIONS", {})}
    return config
