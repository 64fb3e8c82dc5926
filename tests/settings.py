"""The shop's settings as the tests run them: from the environment alone, never from a ``.env``."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ["ENV_FILE"] = os.devnull

from coffeeco_site.environment import BASE_DIR
from coffeeco_site.settings import *  # noqa: F403
from coffeeco_site.settings import DATABASES

if DATABASES["default"]["ENGINE"].endswith("sqlite"):
    # A file, because SQLite in memory locks whole tables between threads and would never show the
    # waiting that a real shop has. What it must not survive is a power cut, so it syncs nothing.
    _directory = tempfile.mkdtemp(prefix="coffeeco-tests-")
    atexit.register(shutil.rmtree, _directory, ignore_errors=True)
    DATABASES["default"]["TEST"] = {"NAME": str(Path(_directory) / "shop.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    )

# Files are served as they lie, whatever an earlier collectstatic left in the tree.
STATICFILES_DIRS = []
STATIC_ROOT = BASE_DIR / "static"
WHITENOISE_USE_FINDERS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# The tests of the limits set them; all others order as much as they like.
ORDER_MAX_BAGS = ADDRESS_MAX_BAGS = ADDRESS_MAX_ORDERS = 0

# Staff accounts of the tests need no key stretching.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
