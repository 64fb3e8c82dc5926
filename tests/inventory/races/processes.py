"""Processes of the shop beside this one, on the same database."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connection

from tests.inventory.contract.iris_world import IrisWorld
from tests.inventory.contract.world import World


class Shopper:
    """A process that buys what it is told to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def begin(
        self,
        reference: str,
        bags: dict[int, int],
        *,
        stop_at: str = "",
        without: Sequence[str] = (),
    ) -> None:
        """Tell it to buy, under these controls; its answer is read with :meth:`hear`."""
        order = {"buy": reference, "token": reference, "bags": bags, "stop_at": stop_at}
        self._tell(json.dumps({**order, "without": list(without)}))

    def go_on(self) -> None:
        """Let it leave the place where it stopped."""
        self._tell("")

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """The next line that it says; fails when it ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process ended"
        words: dict[str, Any] = json.loads(line)
        return words

    def kill(self) -> None:
        """End it as the kernel does when memory runs out: at once, with nothing tidied up."""
        self._process.kill()
        self._process.wait()


@contextmanager
def shoppers(number: int, world: World) -> Iterator[list[Shopper]]:
    """So many processes, started and ready, on the store of this world."""
    stock = world.server.url if isinstance(world, IrisWorld) else "database://"
    environment = {**os.environ, "DATABASE_URL": database_address(), "INVENTORY_URL": stock}
    command = [sys.executable, "-m", "tests.inventory.races.shopper"]
    pipe = subprocess.PIPE
    with ExitStack() as stack:
        processes = []
        for _ in range(number):
            process = subprocess.Popen(
                command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            processes.append(Shopper(process))
        for shopper in processes:
            assert "ready" in shopper.hear()
        yield processes


def database_address() -> str:
    """The ``DATABASE_URL`` of the database that the tests made for themselves."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    own = os.environ["DATABASE_URL"]
    return re.sub(r"[^/?]+(?=\?|$)", name, own, count=1)
