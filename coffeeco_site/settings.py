"""Settings, all from the environment or ``.env``; each is described in ``.env.example``.

With nothing set the shop runs on this machine only, on SQLite. A half-set production is refused.
"""

import os
import re
import secrets
import sys
import warnings
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
# ENV_FILE names another file than .env: a server's own, or none for the tests, which must never
# meet the key and the stock of the shop beside them.
_env_file = Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env")
try:
    # Opened here because read_env passes over a file that it may not read.
    with _env_file.open(encoding="utf-8") as _lines:
        env.read_env(_lines)
except OSError as error:
    if "ENV_FILE" in os.environ or not isinstance(error, FileNotFoundError):
        raise ImproperlyConfigured(f"{_env_file} can't be read: {error.strerror}.") from error


def _flag(name: str, *, default: bool) -> bool:
    """A yes or no; anything that is neither is refused rather than read as no."""
    words = {"1": True, "true": True, "on": True, "yes": True}
    words |= {"0": False, "false": False, "off": False, "no": False}
    value = env.str(name, default="").strip().lower()
    if not value:
        return default
    if value not in words:
        raise ImproperlyConfigured(f"{name} is {value!r}; set it to on or off.")
    return words[value]


def _number(name: str, default: str, low: str, high: str) -> Decimal:
    """A number between two bounds, in plain digits."""
    value = env.str(name, default="").strip() or default
    is_plain = re.fullmatch(r"\d+(\.\d+)?", value, re.ASCII)
    if not is_plain or not Decimal(low) <= Decimal(value) <= Decimal(high):
        raise ImproperlyConfigured(f"{name} is {value!r}; set it to a number from {low} to {high}.")
    return Decimal(value)


def _whole(name: str, default: str, low: str, high: str) -> int:
    """A whole number between two bounds."""
    value = _number(name, default, low, high)
    if value != int(value):
        raise ImproperlyConfigured(
            f"{name} is {str(value)!r}; set it to a whole number from {low} to {high}."
        )
    return int(value)


def _database(name: str, default: str) -> dict[str, Any]:
    """SQLite or PostgreSQL. A relative SQLite path starts at the project, not at the shell."""
    url = env.str(name, default="").strip() or default
    form = f"{name} is not one the shop can use; set it to sqlite:///shop.sqlite3 or "
    form += "postgres://user:password@host:5432/database."
    # The address may hold a password, so it is not repeated.
    if not re.match(r"(sqlite|postgres|postgresql)://", url):
        raise ImproperlyConfigured(form)
    try:
        config: dict[str, Any] = environ.Env.db_url_config(url)
    except ValueError as error:
        raise ImproperlyConfigured(form) from error
    if not config["NAME"]:
        raise ImproperlyConfigured(form)
    if url.startswith("sqlite") and config["NAME"] != ":memory:":
        config["NAME"] = str(BASE_DIR / config["NAME"])
    return config


# ── who may ask, and the key ─────────────────────────────────────────────────────────────────────

DEBUG = _flag("DEBUG", default=False)
LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
_named = env.list("ALLOWED_HOSTS", default=[])
SERVES_THE_WORLD = not set(_named) <= set(LOCAL_HOSTS)
# Always by its local names too: that is how health checks on the same machine call it.
ALLOWED_HOSTS = [*_named, *(name for name in LOCAL_HOSTS if name not in _named)]

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if SERVES_THE_WORLD:
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS is set but SECRET_KEY is not. Make one with: "
            "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    # For this machine only: a key that lives as long as this process and those it starts.
    SECRET_KEY = os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
    KEY_IS_THIS_PROCESSES_OWN = True
else:
    KEY_IS_THIS_PROCESSES_OWN = False
if SERVES_THE_WORLD and len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("SECRET_KEY is shorter than 32 characters; make a longer one.")
if SERVES_THE_WORLD and DEBUG:
    raise ImproperlyConfigured("DEBUG is on while ALLOWED_HOSTS is set; switch DEBUG off.")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
if not re.match(r"https?://[^/]", BASE_URL):
    raise ImproperlyConfigured(
        f"BASE_URL is {BASE_URL!r}; set it to the shop's address, such as https://shop.example."
    )
IS_HTTPS = BASE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXIES = _whole("TRUSTED_PROXIES", "0", "0", "10")
METRICS_KEY = env.str("METRICS_KEY", default="")

# ── the parts ────────────────────────────────────────────────────────────────────────────────────

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.sitemaps",
    "csp",
    "axes",
    "shop.inventory",
    "shop",
    "checkout",
    "coffeeco_site",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # A page with a dozen tiles is a tenth of its size on the wire. What it repeats of the visitor,
    # the CSRF token, is masked anew each time, and the length is blurred (BREACH).
    "django.middleware.gzip.GZipMiddleware",
    "coffeeco_site.language.LanguageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "coffeeco_site.middleware.PolicyMiddleware",
    "coffeeco_site.middleware.WrongMethodMiddleware",
    "shop.middleware.InventoryAwayMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "coffeeco_site.urls"
WSGI_APPLICATION = "coffeeco_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shop.context_processors.shop",
                "checkout.desk.context_processors.desk",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
        },
    }
]

# ── stock ────────────────────────────────────────────────────────────────────────────────────────

INVENTORY_URL = env.str("INVENTORY_URL", default="") or "database://"
IRIS_CONNECTIONS = _whole("IRIS_CONNECTIONS", "2", "1", "100")
if env.str("IRIS_TIMEOUT", default=""):
    # A FutureWarning, because Python shows it without being asked to.
    warnings.warn("IRIS_TIMEOUT is now called INVENTORY_TIMEOUT; rename it.", FutureWarning, 1)
_old_timeout = env.str("IRIS_TIMEOUT", default="") or "5"
INVENTORY_TIMEOUT = float(_number("INVENTORY_TIMEOUT", _old_timeout, "0.5", "60"))
LOW_STOCK = _whole("LOW_STOCK", "3", "0", "1000")

# ── Django's database ────────────────────────────────────────────────────────────────────────────

DATABASES = {"default": _database("DATABASE_URL", "sqlite:///shop.sqlite3")}
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["ATOMIC_REQUESTS"] = False
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Django's own, with a line in which writers wait for their turn.
    DATABASES["default"]["ENGINE"] = "coffeeco_site.sqlite"
    # IMMEDIATE: a transaction that reads first and writes later would otherwise fail with
    # "database is locked" instead of waiting. FULL: a sale that was confirmed survives a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        # A shopper is answered within INVENTORY_TIMEOUT + 1 s, however long another one writes.
        "timeout": INVENTORY_TIMEOUT,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Without it a server that swallows packets would hold a shopper for two minutes.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        **DATABASES["default"].get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ── money ────────────────────────────────────────────────────────────────────────────────────────

CURRENCY = env.str("CURRENCY", default="USD")
if not re.fullmatch(r"[A-Z]{3}", CURRENCY):
    raise ImproperlyConfigured(
        f"CURRENCY is {CURRENCY!r}; set it to three capital letters, such as USD or EUR."
    )
TAX_RATE = _number("TAX_RATE", "0.20", "0", "1")

# ── sessions, messages, accounts ─────────────────────────────────────────────────────────────────

# Not cached_db: with a memory cache per process two workers would disagree about a basket.
# Not cookies: an old cookie, sent again, would bring a basket back that was paid for.
SESSION_ENGINE = "coffeeco_site.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "coffeeco_site.errors.csrf_failure"
# Messages stay out of the session: only basket changes may write it.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# Failures are counted for each name from each address: a stranger who guesses locks out nobody
# but himself, and a name that nobody has is locked like any other.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = "checkout.find_order.failure_limit"
STAFF_LOGIN_TRIES = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "shop.client_address.client_address"
AXES_LOCKOUT_CALLABLE = "shop.desk.login.locked_out"
AXES_DISABLE_ACCESS_LOG = True
# What is masked in the record of a failure, and in the log's line about it.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "email", "reference", "csrfmiddlewaretoken"]
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
LOGIN_URL = "staff_login"
LOGIN_REDIRECT_URL = "staff_home"
LOGOUT_REDIRECT_URL = "staff_login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]

# ── mail ─────────────────────────────────────────────────────────────────────────────────────────

try:
    _email = env.email_url("EMAIL_URL", default="consolemail://")
except (ImproperlyConfigured, ValueError) as error:
    # The address may hold a password, so it is not repeated.
    raise ImproperlyConfigured(
        "EMAIL_URL is not one the shop can use; set it to consolemail:// or "
        "smtp+tls://user:password@host:587."
    ) from error
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST = _email.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _email.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _email.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _email.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(_email.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(_email.get("EMAIL_USE_SSL"))
EMAIL_TIMEOUT = _whole("EMAIL_TIMEOUT", "10", "1", "300")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="CoffeeCo <shop@localhost>")
ALERT_EMAILS = env.list("ALERT_EMAILS", default=[])
KEEP_EMAIL_DAYS = _whole("KEEP_EMAIL_DAYS", "90", "1", "3650")

# ── words and time ───────────────────────────────────────────────────────────────────────────────

LANGUAGE_CODE = "en"
# Each by its own name for itself. The words are in locale/; docs/translation.md tells how.
LANGUAGES = [("en", "English"), ("pt-br", "Português do Brasil")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = IS_HTTPS
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
if TIME_ZONE not in available_timezones():
    raise ImproperlyConfigured(
        f"TIME_ZONE is {TIME_ZONE!r}; set it to a name such as UTC or Europe/Lisbon."
    )
USE_I18N = True
USE_TZ = True

# ── static files ─────────────────────────────────────────────────────────────────────────────────

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
# Collected files carry a hash in their name and are compressed. Before the first collectstatic
# (a fresh clone, the tests) they are served as they lie.
_collected = not DEBUG and (
    (STATIC_ROOT / "staticfiles.json").exists() or sys.argv[1:2] == ["collectstatic"]
)
WHITENOISE_USE_FINDERS = not _collected
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _collected
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# ── what browsers are told ───────────────────────────────────────────────────────────────────────

SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31536000 if IS_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "style-src": [SELF],
        "script-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
# A basket of 99 different coffees and a pasted delivery both fit; a picture of 10 MB does not.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

DEFAULT_EXCEPTION_REPORTER_FILTER = "coffeeco_site.reporting.QuietFilter"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "coffeeco_site.reporting.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.request": {"level": "ERROR"},
        # Each log-in and each clean-up would be several lines.
        "axes": {"level": "WARNING"},
        # Robots that guess host names are refused, and not worth a traceback each.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
