"""Settings, all from the environment or ``.env``; each is described in ``.env.example``.

With nothing set the shop runs on this machine only, on SQLite. A half-set production is refused.
"""

import os
import sys
from datetime import timedelta

from csp.constants import NONE, SELF

from coffeeco_site import environment as env
from coffeeco_site.environment import BASE_DIR, LOCAL_HOSTS

env.read_file()

# ── hosts and keys ───────────────────────────────────────────────────────────────────────────────

DEBUG = env.flag("DEBUG", default=False)
ALLOWED_HOSTS = env.allowed_hosts()
SECRET_KEY, SECRET_KEY_IS_TEMPORARY = env.secret_key(
    is_public=not set(ALLOWED_HOSTS) <= set(LOCAL_HOSTS), debug=DEBUG
)
SECRET_KEY_FALLBACKS = env.texts("SECRET_KEY_FALLBACKS")
BASE_URL = env.matching(
    "BASE_URL",
    "http://127.0.0.1:8000",
    # Neither a blank nor a #: those begin the comment that a line of the file can't have.
    r"https?://[^/\s#][^\s#]*",
    "the shop's address, such as https://shop.example",
).rstrip("/")
IS_HTTPS = BASE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = env.texts("CSRF_TRUSTED_ORIGINS")
TRUSTED_PROXIES = env.whole("TRUSTED_PROXIES", "0", "0", "10")
METRICS_KEY = env.text("METRICS_KEY")

# ── apps and middleware ──────────────────────────────────────────────────────────────────────────

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
    "coffeeco_site.request_id.RequestIdMiddleware",
    "coffeeco_site.request_figures.RequestFiguresMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # The one secret that a page repeats, the CSRF token, is masked anew on every page, and Django
    # blurs the length of what it compresses (BREACH).
    "django.middleware.gzip.GZipMiddleware",
    "coffeeco_site.language.LanguageMiddleware",
    # Before anything that asks the database or reads what was sent.
    "coffeeco_site.limits.LimitsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # Before CommonMiddleware, which checks the host name.
    "coffeeco_site.middleware.ProbesMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "coffeeco_site.middleware.StaffSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "coffeeco_site.middleware.PoliciesMiddleware",
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
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {
                "basket_places": "shop.basket.places",
                "basket_undo": "shop.basket.undo",
            },
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shop.context_processors.shop",
                "checkout.context_processors.orders",
                "checkout.desk.context_processors.desk",
            ],
        },
    }
]

# ── stock ────────────────────────────────────────────────────────────────────────────────────────

INVENTORY_URL = env.text("INVENTORY_URL") or "database://"
IRIS_CONNECTIONS = env.whole("IRIS_CONNECTIONS", "2", "1", "100")
INVENTORY_TIMEOUT = env.inventory_timeout()
LOW_STOCK = env.whole("LOW_STOCK", "3", "0", "1000")

# ── Django's database ────────────────────────────────────────────────────────────────────────────

DATABASES = {"default": env.database(timeout=INVENTORY_TIMEOUT)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ── money ────────────────────────────────────────────────────────────────────────────────────────

PICKUP_KEEP_DAYS = env.whole("PICKUP_KEEP_DAYS", "0", "0", "365")
REMIND_AFTER_DAYS = env.whole("REMIND_AFTER_DAYS", "0", "0", "365")
CANCEL_UNCOLLECTED = env.cancel_uncollected(PICKUP_KEEP_DAYS)
CURRENCY = env.matching("CURRENCY", "USD", r"[A-Z]{3}", "three capital letters, such as USD or EUR")
TAX_RATE = env.number("TAX_RATE", "0.20", "0", "1")

# ── what a bag holds ─────────────────────────────────────────────────────────────────────────────

BAG_GRAMS = env.whole("BAG_GRAMS", "250", "1", "100000")

# ── limits on new orders; 0 is none ──────────────────────────────────────────────────────────────

ORDER_MAX_BAGS = env.whole("ORDER_MAX_BAGS", "60", "0", "100000")
ADDRESS_MAX_BAGS = env.whole("ADDRESS_MAX_BAGS", "120", "0", "100000")
ADDRESS_MAX_ORDERS = env.whole("ADDRESS_MAX_ORDERS", "300", "0", "100000")

# ── sessions, messages, accounts ─────────────────────────────────────────────────────────────────

# Not cached_db: with a memory cache per process two workers would disagree about a basket.
# Not cookies: an old cookie, sent again, would bring a basket back that was paid for.
SESSION_ENGINE = "coffeeco_site.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
STAFF_SESSION_HOURS = env.whole("STAFF_SESSION_HOURS", "12", "1", "336")
# A link that is mailed to choose a new password.
PASSWORD_RESET_TIMEOUT = 4 * 3600
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
# Failures are counted for each name from each address, so that guessing locks out the guesser
# only. A name that no account has is locked in the same way.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_HANDLER = "shop.throttle.StaffThrottle"
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "shop.client_address.client_address"
AXES_LOCKOUT_CALLABLE = "shop.desk.login.locked_out"
AXES_DISABLE_ACCESS_LOG = True
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

# EMAIL_BACKEND, EMAIL_HOST and the others that EMAIL_URL stands for.
globals().update(env.email())
EMAIL_TIMEOUT = env.whole("EMAIL_TIMEOUT", "10", "1", "300")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "CoffeeCo <shop@localhost>")
ALERT_EMAILS = env.texts("ALERT_EMAILS")
REPLY_TO_EMAIL = env.text("REPLY_TO_EMAIL") or DEFAULT_FROM_EMAIL
KEEP_EMAIL_DAYS = env.whole("KEEP_EMAIL_DAYS", "90", "1", "3650")

# ── language and time ────────────────────────────────────────────────────────────────────────────

LANGUAGE_CODE = "en"
# Each in its own words. Translations are in locale/; docs/translation.md says how to add one.
LANGUAGES = [("en", "English"), ("pt-br", "Português do Brasil")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = IS_HTTPS
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = env.time_zone()
USE_I18N = True
USE_TZ = True

# ── static files ─────────────────────────────────────────────────────────────────────────────────

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
# Collected files have a hash in their name and are compressed. Before the first collectstatic (a
# fresh clone, the tests) files are served from where they are.
_collected = not DEBUG and (
    (STATIC_ROOT / "staticfiles.json").exists() or sys.argv[1:2] == ["collectstatic"]
)
WHITENOISE_USE_FINDERS = not _collected
# Icons that browsers and phones ask for at fixed addresses, such as /favicon.ico.
WHITENOISE_ROOT = BASE_DIR / "icons"
if sys.argv[1:2] == ["collectstatic"]:
    # A proxy, or another user in a container, must be able to read what is collected.
    os.umask(0o022)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _collected
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# ── security headers ─────────────────────────────────────────────────────────────────────────────

SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31536000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_SUBDOMAINS", default=False)
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
FILE_UPLOAD_HANDLERS = [
    "coffeeco_site.limits.FilesWhereTaken",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

DEFAULT_EXCEPTION_REPORTER_FILTER = "coffeeco_site.reporting.QuietFilter"

LOG_FORMAT = env.matching("LOG_FORMAT", "text", "text|json", "text or json")
# Who gets a mail of each new error.
ADMINS = [("", address) for address in env.texts("ADMINS")]
SERVER_EMAIL = DEFAULT_FROM_EMAIL
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "coffeeco_site.reporting.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        },
        "json": {"()": "coffeeco_site.reporting.JsonFormatter"},
        "mail": {"()": "coffeeco_site.reporting.LineFormatter"},
    },
    "filters": {"request_id": {"()": "coffeeco_site.request_id.RequestIdFilter"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["request_id"],
        },
        "admins": {
            "class": "coffeeco_site.reporting.AdminMails",
            "level": "ERROR",
            "formatter": "mail",
            "filters": ["request_id"],
        },
    },
    "root": {"handlers": ["console", "admins"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console", "admins"], "level": "INFO", "propagate": False},
        "django.request": {"level": "ERROR"},
        # Each log-in and each clean-up would be several lines.
        "axes": {"level": "WARNING"},
        # Robots that guess host names are refused; a traceback for each would fill the log.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
