"""What is set wrongly stops the server before any visitor comes."""

from __future__ import annotations

import sys

import pytest
from django.db import InternalError, OperationalError
from django.test import RequestFactory

from coffeeco_site.errors import server_error
from tests.support.tooling.machine import run_python

KEY = "k" * 50
START = "import sys; sys.argv = ['granian']; import coffeeco_site.wsgi"


def test_a_server_without_a_key_of_its_own_does_not_start() -> None:
    started = run_python("-c", START)
    assert started.returncode != 0
    assert "SECRET_KEY is not set. 'make run' writes one into .env" in started.stderr


def test_a_server_whose_inventory_address_is_wrong_does_not_start_and_repeats_no_password() -> None:
    settings = {"SECRET_KEY": KEY, "INVENTORY_URL": "irsi://shop:hunter2@host:1972/USER"}
    started = run_python("-c", START, settings=settings)
    assert started.returncode != 0
    assert "INVENTORY_URL begins with 'irsi'" in started.stderr
    assert "hunter2" not in started.stderr


def test_a_server_starts_with_a_key_and_asks_no_store_yet() -> None:
    settings = {"SECRET_KEY": KEY, "INVENTORY_URL": "iris://shop:secret@127.0.0.1:1/USER"}
    started = run_python("-c", START, settings=settings)
    assert started.returncode == 0, started.stderr


def test_the_keys_name_alone_is_no_key() -> None:
    started = run_python("manage.py", "check", settings={"SECRET_KEY": ""})
    assert started.returncode == 0, started.stderr


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("database is locked"), 503),
        (InternalError("cannot execute UPDATE in a read-only transaction"), 503),
        (ValueError("a bug"), 500),
    ],
)
def test_a_database_that_can_t_be_written_is_a_matter_of_minutes_and_a_bug_is_not(
    error: Exception, status: int
) -> None:
    try:
        raise error
    except type(error):
        assert sys.exception() is error
        response = server_error(RequestFactory().get("/"))
    assert response.status_code == status
    assert b"There is a problem with the shop" in response.content
    assert ("Retry-After" in response.headers) == (status == 503)
