"""The one way in which tests give the shop another inventory than its settings name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol, TypeVar
from unittest import mock

import pytest

from shop.inventory import get_inventory, stores

T = TypeVar("T")


@contextmanager
def inventory_from(get: Callable[[], object]) -> Iterator[None]:
    """Whatever asks for the inventory in this process gets what ``get`` returns then."""

    def opened(_url: str) -> object:
        return get()

    with mock.patch.object(stores, "_open", opened):
        yield


class OverrideInventory(Protocol):
    """Gives the shop this inventory until the test ends, and returns it."""

    def __call__(self, inventory: T) -> T: ...


@pytest.fixture
def override_inventory() -> Iterator[OverrideInventory]:
    """Gives the shop another inventory for the rest of a test."""
    with ExitStack() as stack:

        def override(inventory: T) -> T:
            stack.enter_context(inventory_from(lambda: inventory))
            return inventory

        yield override


class Failing:
    """The shop's inventory, but these methods raise the error; every method if none is named."""

    def __init__(self, error: Exception, *methods: str) -> None:
        self._inventory = get_inventory()
        self._error = error
        self._methods = methods

    def __getattr__(self, name: str) -> Any:
        if self._methods and name not in self._methods:
            return getattr(self._inventory, name)

        def fail(*_: object, **__: object) -> None:
            raise self._error

        return fail
