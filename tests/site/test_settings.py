"""What the shop makes of its environment."""

from __future__ import annotations

import ast
import os
import re
import runpy
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.support.tooling.machine import ROOT, copy_project, run_manage, run_python, setting_names

KEY = "k" * 50


def values(**environment: str) -> dict[str, Any]:
    """The Django settings under these settings of the shop and no others."""
    known = {*setting_names(), "IRIS_TIMEOUT"}
    others = {name: value for name, value in os.environ.items() if name not in known}
    with mock.patch.dict(os.environ, {**others, "ENV_FILE": os.devnull, **environment}, clear=True):
        return runpy.run_path(str(ROOT / "coffeeco_site" / "settings.py"))


def test_the_shop_starts_with_nothing_set() -> None:
    checked = run_manage("check", settings={"SECRET_KEY": ""})
    assert checked.returncode == 0, checked.stderr
    found = values()
    assert found["DEBUG"] is False
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert found["INVENTORY_URL"] == "database://"
    assert str(found["TAX_RATE"]) == "0.20"
    assert found["SECURE_PROXY_SSL_HEADER"] is None, "no proxy is believed"


def test_without_a_key_each_start_makes_its_own() -> None:
    first, second = values()["SECRET_KEY"], values(SECRET_KEY="")["SECRET_KEY"]
    assert first != second
    assert len(first) >= 50


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
        (
            {"BASE_URL": "https://shop.example  # ours"},
            "BASE_URL is 'https://shop.example  # ours'",
        ),
        ({"BASE_URL": "https://shop.example#ours"}, "BASE_URL is 'https://shop.example#ours'"),
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
        ({"CANCEL_UNCOLLECTED": "on"}, "CANCEL_UNCOLLECTED is on while PICKUP_KEEP_DAYS is 0"),
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
    with pytest.raises(ImproperlyConfigured) as refused:
        values(**settings)
    assert str(refused.value).startswith(sentence)


def test_a_command_says_that_sentence_and_no_password() -> None:
    refused = run_manage("check", settings={"DATABASE_URL": "gopher://shop:hunter2@db/x"})
    assert refused.returncode != 0
    assert "The shop's settings: DATABASE_URL is not one the shop can use" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "hunter2" not in refused.stderr + refused.stdout


@pytest.mark.parametrize("name", ["DATABASE_URL", "EMAIL_URL"])
def test_a_refused_address_does_not_show_its_password(name: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        values(**{name: "gopher://shop:hunter2@db/x"})
    assert "hunter2" not in str(refused.value)


def test_a_whole_production_starts() -> None:
    settings = {
        "ALLOWED_HOSTS": "shop.example,www.shop.example",
        "SECRET_KEY": KEY,
        "SECRET_KEY_FALLBACKS": "old-one,older-one",
        "BASE_URL": "https://shop.example/",
        "TRUSTED_PROXIES": "1",
        "DATABASE_URL": "postgres://shop:s%40fe@db:5433/shop?sslmode=require",
    }
    found = values(**settings)
    local = ["localhost", "127.0.0.1", "[::1]"]
    assert found["ALLOWED_HOSTS"] == ["shop.example", "www.shop.example", *local]
    assert found["SECRET_KEY_FALLBACKS"] == ["old-one", "older-one"]
    assert found["BASE_URL"] == "https://shop.example"
    assert found["SESSION_COOKIE_SECURE"] is True
    assert found["CSRF_COOKIE_SECURE"] is True
    assert found["SECURE_SSL_REDIRECT"] is True
    assert found["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    database = found["DATABASES"]["default"]
    assert database["PASSWORD"] == "s@fe"
    assert database["PORT"] == 5433
    assert database["OPTIONS"] == {"connect_timeout": 5, "sslmode": "require"}


def test_the_old_name_of_the_timeout_is_read_with_a_warning() -> None:
    with pytest.warns(FutureWarning, match="IRIS_TIMEOUT is now called INVENTORY_TIMEOUT"):
        assert values(IRIS_TIMEOUT="2.5")["INVENTORY_TIMEOUT"] == 2.5


def test_sqlite_keeps_a_confirmed_sale_through_a_power_cut() -> None:
    options = values()["DATABASES"]["default"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in options["init_command"]
    assert "journal_mode=WAL" in options["init_command"]


def test_a_relative_sqlite_path_is_one_in_this_folder(tmp_path: Path) -> None:
    found = values(DATABASE_URL="sqlite:///other.sqlite3")
    assert found["DATABASES"]["default"]["NAME"] == str(ROOT / "other.sqlite3")
    elsewhere = tmp_path / "shop.sqlite3"
    found = values(DATABASE_URL=f"sqlite:///{elsewhere}")
    assert found["DATABASES"]["default"]["NAME"] == str(elsewhere)


def test_the_example_is_itself_a_file_that_the_shop_can_use() -> None:
    unset, example = values(), values(ENV_FILE=str(ROOT / ".env.example"))
    names = [
        *("ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "ALERT_EMAILS", "TAX_RATE", "LOW_STOCK"),
        *("DATABASES", "EMAIL_BACKEND", "BASE_URL", "TIME_ZONE", "CURRENCY", "INVENTORY_TIMEOUT"),
    ]
    assert {name: example[name] for name in names} == {name: unset[name] for name in names}


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "shop.env"
    file.write_text("LOW_STOCK=7\nCURRENCY=EUR\n")
    found = values(ENV_FILE=str(file), LOW_STOCK="9")
    assert (found["LOW_STOCK"], found["CURRENCY"]) == (9, "EUR")


def test_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="can't be read: Is a directory"):
        values(ENV_FILE=str(tmp_path))


def test_every_setting_is_described_and_nothing_else_is() -> None:
    read = set()
    for name in ("settings", "environment"):
        source = ast.parse((ROOT / "coffeeco_site" / f"{name}.py").read_text("utf-8"))
        calls = [call for call in ast.walk(source) if isinstance(call, ast.Call) and call.args]
        first = {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}
        read |= {value for value in first if isinstance(value, str) and value.isupper()}
    described = set(setting_names())
    assert read - {"IRIS_TIMEOUT", "ENV_FILE", "OPTIONS"} == described
    manual = (ROOT / "docs" / "operations.md").read_text("utf-8")
    table = manual.split("\n## Settings\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE) == list(setting_names())


@pytest.mark.slow
def test_collected_files_carry_their_hash_and_are_compressed(tmp_path: Path) -> None:
    project = copy_project(tmp_path)
    collected = run_python(str(project / "manage.py"), "collectstatic", "--noinput")
    assert collected.returncode == 0, collected.stderr
    names = [path.name for path in (project / "staticfiles").glob("shop.*.css*")]
    assert any(name.endswith(".css.gz") for name in names)
    assert any(len(name.split(".")) == 3 for name in names)
