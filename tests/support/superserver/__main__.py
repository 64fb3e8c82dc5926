"""Serve by hand: python -m tests.support.superserver --port 1972 --trace."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from dataclasses import fields
from pathlib import Path

from . import trace
from .faults import Faults
from .instance import EVERY_BEHAVIOUR, Behaviour, Traps
from .server import Superserver
from .shop import ALERTS, SHAPES

DEFAULT_PORT = 1972

EPILOGUE = """
A KIND is a native call (tCommit, lock, set ...), a method (%%Save, %%OpenId, LowStockAlert ...),
two letters of an SQL request (PP, PQ, PU, TC ...) or a verb (SELECT, UPDATE ...).
"""


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; print the address first."""
    options = _parser().parse_args(arguments)
    server = Superserver(
        port=options.port,
        host=options.host,
        user=options.user,
        password=options.password,
        namespace=options.namespace,
        version=options.server_version,
        traps=Traps(**{name: name not in options.no_trap for name in _trap_names()}),
        behaviour=None if options.behaviour is None else Behaviour.named(options.behaviour),
        lock_timeout=options.lock_timeout,
        rows_per_message=options.rows_per_message,
        part_size=options.part_size,
        data=options.data,
        on_trace=trace.printer() if options.trace else None,
    )
    server.create_store(
        options.store, price=options.price, alerts=options.alerts, minval=options.minval
    )
    server.deny(*options.deny)
    _switch_on(server.faults, options)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with server:
        print(f"Listening on port {server.port}: {server.url}", flush=True)
        stopped.wait()
    return 0


def _trap_names() -> list[str]:
    return [field.name for field in fields(Traps)]


def _behaviours() -> str:
    names = ", ".join(behaviour.value for behaviour in Behaviour)
    return f"{names}, or {EVERY_BEHAVIOUR}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.support.superserver", description=__doc__, epilog=EPILOGUE
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0: any that is free")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--user", default="_SYSTEM")
    parser.add_argument("--password", default="SYS")
    parser.add_argument("--namespace", default="USER")
    parser.add_argument("--trace", action="store_true", help="print every message")
    parser.add_argument("--data", type=Path, help="keep committed data in this file")
    store = parser.add_argument_group("the store")
    store.add_argument("--store", choices=SHAPES, default="none")
    store.add_argument("--price", default="DOUBLE", help="type of the column, NUMERIC or DOUBLE")
    store.add_argument("--alerts", choices=ALERTS, default="none")
    store.add_argument("--minval", action="store_true", help="refuse negative stock")
    behaviour = parser.add_argument_group("behaviour")
    behaviour.add_argument("--server-version", default="2025.1")
    behaviour.add_argument("--lock-timeout", type=float, default=10, metavar="SECONDS")
    behaviour.add_argument("--rows-per-message", type=int, metavar="N")
    behaviour.add_argument("--part-size", type=int, metavar="BYTES", help="cut replies into parts")
    behaviour.add_argument("--no-trap", action="append", default=[], choices=_trap_names())
    behaviour.add_argument("--behaviour", metavar="NAME,...", help=_behaviours())
    behaviour.add_argument("--deny", action="append", default=[], metavar="PRIVILEGE")
    faults = parser.add_argument_group("faults")
    faults.add_argument("--delay", action="append", default=[], metavar="SECONDS[:KIND]")
    faults.add_argument("--fail", action="append", default=[], metavar="N[:KIND[:TEXT]]")
    faults.add_argument("--freeze", action="append", default=[], metavar="N[:KIND]")
    faults.add_argument("--stop", action="append", default=[], metavar="N[:KIND]", help="SIGSTOP")
    faults.add_argument("--drop", action="append", default=[], metavar="N[:KIND]")
    faults.add_argument(
        "--die-at", action="append", default=[], metavar="KIND:before|after[:silent|process]"
    )
    faults.add_argument("--refuse-login", metavar="TEXT")
    faults.add_argument("--limit-connections", type=int, metavar="N")
    return parser


def _switch_on(faults: Faults, options: argparse.Namespace) -> None:
    for text in options.delay:
        seconds, _, kind = text.partition(":")
        faults.delay(float(seconds), kind or None)
    for text in options.fail:
        n, kind, words = (*text.split(":", 2), "", "")[:3]
        faults.fail_call(int(n), kind or None, words or "<SYSTEM> failed on purpose")
    for text in options.freeze:
        n, _, kind = text.partition(":")
        faults.freeze_at(int(n), kind or None)
    for text in options.stop:
        n, _, kind = text.partition(":")
        faults.stop_at(int(n), kind or None)
    for text in options.drop:
        n, _, kind = text.partition(":")
        faults.drop_at(int(n), kind or None)
    for text in options.die_at:
        kind, when, how = (*text.split(":", 2), "before", "")[:3]
        faults.die_at(kind, when, silent=how == "silent", process=how == "process")
    faults.refuse_login(options.refuse_login)
    faults.limit_connections(options.limit_connections)


if __name__ == "__main__":
    sys.exit(main())
