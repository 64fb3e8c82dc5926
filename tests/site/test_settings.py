"""What the shop makes of its environment. Each case is a process of its own, as a start is."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from tests.support.tooling.machine import ROOT, copy_project, run_manage, run_python, setting_names

KEY = "k" * 50
SHOW = """
import json
from django.conf import settings as s
names = {names}
print(json.dumps({{name: getattr(s, name) for name in names}}, default=str))
"""


def values(*names: str, **settings: str) -> dict[str, object]:
    """What these Django settings become under these shop settings."""
    shown = run_python("-c", SHOW.format(names=names), settings=settings)
    assert shown.returncode == 0, shown.stderr
    found: dict[str, object] = json.loads(shown.stdout)
    return found


def test_the_shop_starts_with_nothing_set() -> None:
    checked = run_manage("check")
    assert checked.returncode == 0, checked.stderr
    found = values("DEBUG", "ALLOWED_HOSTS", "INVENTORY_URL", "TAX_RATE", "SECRET_KEY")
    assert found["DEBUG"] is False
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert found["INVENTORY_URL"] == "database://"
    assert found["TAX_RATE"] == "0.20"
    assert len(str(found["SECRET_KEY"])) >= 50


def test_without_a_key_each_start_makes_its_own() -> None:
    assert values("SECRET_KEY") != values("SECRET_KEY")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"ALLOWED_HOSTS": "shop.example"}, "ALLOWED_HOSTS is set but SECRET_KEY is not"),
        (
            {"ALLOWED_HOSTS": "shop.example", "SECRET_KEY": "hunter2"},
            "SECRET_KEY is shorter than 32 characters",
        ),
        (
            {"ALLOWED_HOSTS": "shop.example", "SECRET_KEY": KEY, "DEBUG": "on"},
            "DEBUG is on while ALLOWED_HOSTS is set",
        ),
        ({"DEBUG": "maybe"}, "DEBUG is 'maybe'; set it to on or off."),
        ({"BASE_URL": "shop.example"}, "BASE_URL is 'shop.example'; set it to the shop's address"),
        ({"IRIS_CONNECTIONS": "0"}, "IRIS_CONNECTIONS is '0'; set it to a number from 1 to 100."),
        (
            {"IRIS_CONNECTIONS": "2.5"},
            "IRIS_CONNECTIONS is '2.5'; set it to a whole number from 1 to 100.",
        ),
        (
            {"INVENTORY_TIMEOUT": "soon"},
            "INVENTORY_TIMEOUT is 'soon'; set it to a number from 0.5 to 60.",
        ),
        ({"INVENTORY_TIMEOUT": "1e3"}, "INVENTORY_TIMEOUT is '1e3'"),
        ({"LOW_STOCK": "-1"}, "LOW_STOCK is '-1'"),
        ({"LOW_STOCK": "²"}, "LOW_STOCK is '²'"),
        ({"TAX_RATE": "20"}, "TAX_RATE is '20'; set it to a number from 0 to 1."),
        ({"TRUSTED_PROXIES": "all"}, "TRUSTED_PROXIES is 'all'"),
        ({"EMAIL_TIMEOUT": ".5"}, "EMAIL_TIMEOUT is '.5'"),
        ({"CURRENCY": "dollars"}, "CURRENCY is 'dollars'; set it to three capital letters"),
        ({"TIME_ZONE": "Mars/Olympus"}, "TIME_ZONE is 'Mars/Olympus'; set it to a name such as"),
        ({"EMAIL_URL": "pigeon://loft"}, "EMAIL_URL is not one the shop can use"),
        ({"DATABASE_URL": "mysql://shop@db/shop"}, "DATABASE_URL is not one the shop can use"),
        ({"DATABASE_URL": "sqlite:shop.sqlite3"}, "DATABASE_URL is not one the shop can use"),
        ({"DATABASE_URL": "postgres://db:port/x"}, "DATABASE_URL is not one the shop can use"),
        ({"ENV_FILE": "/nowhere/shop.env"}, "/nowhere/shop.env can't be read"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_a_value_it_cannot_use_is_named_in_one_sentence(
    settings: dict[str, str], sentence: str
) -> None:
    refused = run_manage("check", settings=settings)
    assert refused.returncode != 0
    assert f"The shop's settings: {sentence}" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("name", ["DATABASE_URL", "EMAIL_URL"])
def test_a_refused_address_does_not_show_its_password(name: str) -> None:
    refused = run_manage("check", settings={name: "gopher://shop:hunter2@db/x"})
    assert refused.returncode != 0
    assert "hunter2" not in refused.stderr + refused.stdout


def test_a_whole_production_starts() -> None:
    settings = {
        "ALLOWED_HOSTS": "shop.example,www.shop.example",
        "SECRET_KEY": KEY,
        "SECRET_KEY_FALLBACKS": "old-one,older-one",
        "BASE_URL": "https://shop.example/",
        "TRUSTED_PROXIES": "1",
        "DATABASE_URL": "postgres://shop:s%40fe@db:5433/shop?sslmode=require",
    }
    found = values(
        *("ALLOWED_HOSTS", "SECRET_KEY_FALLBACKS", "BASE_URL", "SESSION_COOKIE_SECURE"),
        *("CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_PROXY_SSL_HEADER", "DATABASES"),
        **settings,
    )
    local = ["localhost", "127.0.0.1", "[::1]"]
    assert found["ALLOWED_HOSTS"] == ["shop.example", "www.shop.example", *local]
    assert found["SECRET_KEY_FALLBACKS"] == ["old-one", "older-one"]
    assert found["BASE_URL"] == "https://shop.example"
    assert found["SESSION_COOKIE_SECURE"] is True
    assert found["CSRF_COOKIE_SECURE"] is True
    assert found["SECURE_SSL_REDIRECT"] is True
    assert found["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    database = found["DATABASES"]["default"]  # type: ignore[index]
    assert database["PASSWORD"] == "s@fe"
    assert database["PORT"] == 5433
    assert database["OPTIONS"] == {"connect_timeout": 5, "sslmode": "require"}


def test_the_old_name_of_the_timeout_is_read_with_a_warning() -> None:
    shown = run_python(
        "-c", SHOW.format(names=("INVENTORY_TIMEOUT",)), settings={"IRIS_TIMEOUT": "2.5"}
    )
    assert json.loads(shown.stdout) == {"INVENTORY_TIMEOUT": 2.5}
    assert "IRIS_TIMEOUT is now called INVENTORY_TIMEOUT" in shown.stderr


def test_no_proxy_no_faith_in_forwarded_headers() -> None:
    assert values("SECURE_PROXY_SSL_HEADER") == {"SECURE_PROXY_SSL_HEADER": None}


def test_sqlite_keeps_a_confirmed_sale_through_a_power_cut() -> None:
    options = values("DATABASES")["DATABASES"]["default"]["OPTIONS"]  # type: ignore[index]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in options["init_command"]
    assert "journal_mode=WAL" in options["init_command"]


def test_a_relative_sqlite_path_is_one_in_this_folder(tmp_path: Path) -> None:
    found = values("DATABASES", DATABASE_URL="sqlite:///other.sqlite3")
    assert found["DATABASES"]["default"]["NAME"] == str(ROOT / "other.sqlite3")  # type: ignore[index]
    elsewhere = tmp_path / "shop.sqlite3"
    found = values("DATABASES", DATABASE_URL=f"sqlite:///{elsewhere}")
    assert found["DATABASES"]["default"]["NAME"] == str(elsewhere)  # type: ignore[index]


def test_the_example_is_itself_a_file_that_the_shop_can_use() -> None:
    example = {"ENV_FILE": str(ROOT / ".env.example")}
    names = [
        *("ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "ALERT_EMAILS", "TAX_RATE", "LOW_STOCK"),
        *("DATABASES", "EMAIL_BACKEND", "BASE_URL", "TIME_ZONE", "CURRENCY", "INVENTORY_TIMEOUT"),
    ]
    assert values(*names, **example) == values(*names)


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "shop.env"
    file.write_text("LOW_STOCK=7\nCURRENCY=EUR\n")
    found = values("LOW_STOCK", "CURRENCY", ENV_FILE=str(file), LOW_STOCK="9")
    assert found == {"LOW_STOCK": 9, "CURRENCY": "EUR"}


def test_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    refused = run_manage("check", settings={"ENV_FILE": str(tmp_path)})
    assert refused.returncode != 0
    assert f"{tmp_path} can't be read: Is a directory." in refused.stderr


def test_every_setting_is_described_and_nothing_else_is() -> None:
    read = set()
    for name in ("settings", "environment"):
        source = ast.parse((ROOT / "coffeeco_site" / f"{name}.py").read_text("utf-8"))
        calls = [call for call in ast.walk(source) if isinstance(call, ast.Call) and call.args]
        first = {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}
        read |= {value for value in first if isinstance(value, str) and value.isupper()}
    assert read - {"IRIS_TIMEOUT", "ENV_FILE", "OPTIONS"} == set(setting_names())


def test_a_wrong_stock_address_is_named_in_one_sentence(tmp_path: Path) -> None:
    settings = {
        "INVENTORY_URL": "warehouse://shop:hunter2@host",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'shop.sqlite3'}",
    }
    refused = run_manage("stock", settings=settings)
    assert refused.returncode != 0
    assert "INVENTORY_URL begins with 'warehouse'" in refused.stderr
    assert "hunter2" not in refused.stderr
    assert "Traceback" not in refused.stderr


def test_collected_files_carry_their_hash_and_are_compressed(tmp_path: Path) -> None:
    project = copy_project(tmp_path)
    collected = run_python(str(project / "manage.py"), "collectstatic", "--noinput")
    assert collected.returncode == 0, collected.stderr
    names = [path.name for path in (project / "staticfiles").glob("shop.*.css*")]
    assert any(name.endswith(".css.gz") for name in names)
    assert any(len(name.split(".")) == 3 for name in names)
