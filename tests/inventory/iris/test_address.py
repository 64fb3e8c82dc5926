"""INVENTORY_URL, and that what it holds is told to nobody but the server."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from shop.inventory.contract import InventoryError, ProductQuery
from shop.inventory.iris import IrisInventory
from shop.inventory.iris.client import Address
from tests.inventory.iris.shop import HUILA, SIDAMO, sell
from tests.support.superserver import Superserver

SECRET = "p@ss:w/rd%"
WRITTEN = "p%40ss%3Aw%2Frd%25"


def test_every_part_of_the_address_is_read() -> None:
    address = Address.from_url(f"iris://am%C3%ADna:{WRITTEN}@iris.example:51773/SHOP?tls=store")
    assert (address.host, address.port, address.namespace) == ("iris.example", 51773, "SHOP")
    assert (address.user, address.password, address.tls) == ("amína", SECRET, "store")
    assert str(address) == "iris.example:51773/SHOP"


def test_the_port_is_1972_and_the_connection_plain_unless_said() -> None:
    address = Address.from_url("iris://a:b@host/%25SYS")
    assert (address.port, address.tls, address.namespace) == (1972, "", "%SYS")


def test_an_address_of_ipv6_is_read() -> None:
    assert Address.from_url("iris://a:b@[::1]:1972/USER").host == "::1"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"iris://a:{WRITTEN}@/USER", "host"),
        (f"iris://:{WRITTEN}@host/USER", "user"),
        ("iris://a@host/USER", "password"),
        (f"iris://a:{WRITTEN}@host:1972", "namespace"),
        (f"iris://a:{WRITTEN}@host:1972/", "namespace"),
        (f"iris://a:{WRITTEN}@host:nineteen/USER", "port"),
        (f"iris://a:{WRITTEN}@host:99999/USER", "port"),
        (f"iris://a:{WRITTEN}@host/USER?ssl=1", "option 'ssl'"),
        (f"iris://a:{WRITTEN}@[::1/USER", "host"),
    ],
)
def test_an_address_that_cannot_be_read_says_why_and_not_what(url: str, why: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=why) as refused:
        IrisInventory.from_url(url)
    for told in (str(refused.value), repr(refused.value), repr(refused.value.__context__)):
        assert WRITTEN not in told
        assert SECRET not in told
        assert url not in told


def told_by(act: Callable[[], object]) -> list[object]:
    """All that the exception of a failing act has to say."""
    with pytest.raises(InventoryError) as error:
        act()
    return [error.value, error.value.args, vars(error.value), error.value.__context__]


def test_the_password_is_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    heard: list[object] = []
    with Superserver(password=SECRET) as server:
        server.create_store()
        url = f"iris://_SYSTEM:{WRITTEN}@127.0.0.1:{server.port}/USER"
        shop = IrisInventory.from_url(url)
        heard += [shop, vars(shop), shop.describe(), shop.pool, vars(shop.pool), shop.version()]
        heard += [connection.thread for connection in shop.pool.connections]
        heard += [vars(connection) for connection in shop.pool.connections]
        stranger = IrisInventory.from_url(url.replace("_SYSTEM", "stranger"))
        server.faults.fail_call(1, "get")
        heard += told_by(shop.version)
        server.faults.die_at("get")
        heard += told_by(shop.version)
        heard += told_by(stranger.version)
        server.stop()
        heard += told_by(lambda: shop.page(ProductQuery()))
        heard += told_by(lambda: sell(shop, "CC-AMINA001", {SIDAMO: 1, HUILA: 1}))
        shop.close()
        stranger.close()
    heard += [record.getMessage() + repr(record.__dict__) for record in caplog.records]
    told = " ".join(f"{one!s} {one!r}" for one in heard)
    assert SECRET not in told
    assert WRITTEN not in told


def test_the_settings_say_how_many_and_how_long(settings: Settings, server: Superserver) -> None:
    settings.IRIS_CONNECTIONS, settings.INVENTORY_TIMEOUT, settings.LOW_STOCK = 1, 3.0, 7
    shop = IrisInventory.from_url(server.url)
    assert shop.low_stock == 7
    shop.version()
    (session,) = server.sessions()
    assert session.lock_timeout == 1
    shop.close()
