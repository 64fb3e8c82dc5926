"""How a package above the shop gives the shop a function that the shop may call.

The shop imports nothing of the checkout. It declares a :class:`Registered` function where it needs
one, and an app's ``ready()`` fills it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

from django.core.exceptions import ImproperlyConfigured

P = ParamSpec("P")
T = TypeVar("T")


class Registered(Generic[P, T]):
    """A function that another app registers; calling it before that raises ImproperlyConfigured."""

    def __init__(self, name: str) -> None:
        """``name`` says in the error which function is missing."""
        self._name = name
        self._function: Callable[P, T] | None = None

    def register(self, function: Callable[P, T]) -> None:
        """Use this function from now on; the last one registered counts."""
        self._function = function

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        if self._function is None:
            raise ImproperlyConfigured(f"No app has registered the {self._name}.")
        return self._function(*args, **kwargs)
