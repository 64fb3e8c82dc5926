"""Checks of the server: login, round trip, version, clock, durability and journal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter

from shop.inventory.contract import Check
from shop.inventory.iris.client import (
    Address,
    Iris,
    IrisError,
    OperatorSession,
    ServerError,
    joined_lines,
)
from shop.inventory.iris.store import HAS_LIMIT
from shop.plurals import counted

OLDEST = (2021, 1)
"""The first version with ROW_NUMBER, which the shop uses for pages where there is no LIMIT."""

FOR_THAT_REASON = "The server refused it for the reason it gives."
ON_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
ROUND_TRIPS = 5
CLOCKS_MAY_DIFFER = timedelta(minutes=1)
SYNC_MEANING = (
    "a power cut of the server can take back the last moments' sales, which the shop has "
    "confirmed; where that matters, set SynchCommit=1 on the server"
)


# ── getting in ──────────────────────────────────────────────────────────────────────────────────


def let_in(address: Address) -> Check:
    """Both connections are open; says so if they are not encrypted."""
    found = f"{address.user} at {address}"
    if address.tls:
        found += ", over TLS"
    elif address.host not in ON_THIS_MACHINE:
        found += ", without TLS: anyone who sees the traffic can read the password"
    return Check(name="server lets the shop in", ok=True, found=found)


def unreachable(error: IrisError, address: Address) -> Check:
    """The server did not answer, or its TLS certificate is not trusted."""
    if "<SSL Error>" in str(error):
        remedy = (
            f"Look at the section [{address.tls}] of the file that ISC_SSLconfigurations names: "
            "CAfile must hold the authority that signed the server's certificate, the certificate "
            f"must name {address.host}, and TLSMinVersion and TLSMaxVersion must both be given "
            "(docs/iris.md, TLS). The superserver itself must have TLS switched on."
        )
    else:
        remedy = (
            f"See that IRIS runs and that its superserver listens at {address.host}:{address.port} "
            "(a container must publish that port), or correct the host and port in "
            "INVENTORY_URL. A server that accepts connections and does not answer is frozen: look "
            "at it on its own machine."
        )
    return Check(
        name="server lets the shop in", ok=False, found=joined_lines(str(error)), remedy=remedy
    )


def refused(error: IrisError, address: Address) -> Check:
    """The server answered and refused the login."""
    if "LICENSE" in str(error).upper():
        remedy = (
            "All connections of the server's licence are taken. Lower IRIS_CONNECTIONS or the "
            "number of the shop's processes: connections are counted over all of them."
        )
    else:
        remedy = (
            f"The server says the same for each of these. User, password or namespace in "
            f"INVENTORY_URL is wrong (it has user {address.user}, namespace {address.namespace}). "
            "The user must change its password at the first login. The service %Service_Bindings "
            "is switched off, as on a locked-down server, or the role lacks %Service_SQL:U or "
            "%Service_Object:U. The role has no right on the namespace's database, such as "
            f"%DB_{address.namespace.upper()}:RW."
        )
    return Check(
        name="server lets the shop in", ok=False, found=joined_lines(str(error)), remedy=remedy
    )


def silent(error: IrisError) -> Check:
    """The server stopped answering during the check."""
    return Check(
        name="server goes on answering",
        ok=False,
        found=joined_lines(str(error)),
        remedy=(
            "The check ends here. Look at the server's messages.log; what the check had written "
            "is rolled back by the server, and the next check tidies up."
        ),
    )


def too_slow() -> Check:
    """The questions took longer than all of them together may."""
    return Check(
        name="all of it within ten seconds",
        ok=False,
        found="no: what is not named above was not tried",
        remedy=(
            "Either the server has stopped answering, or each round trip takes too long (it is "
            "named above): put the shop near its server, a sale of three lines takes 26 of them. "
            "What the check had written is removed by the next check."
        ),
    )


# ── once in ─────────────────────────────────────────────────────────────────────────────────────


def checks(session: OperatorSession) -> Iterator[Check]:
    """Version, time of a round trip, clocks, durability and the journal."""
    yield _version(session)
    yield _round_trip(session)
    yield _clock(session)
    yield _durability(session)
    yield _journal()


def _version(session: OperatorSession) -> Check:
    name = "server version"
    try:
        version = session.ask(lambda iris: iris.server_version())
    except ServerError as error:
        return Check(name=name, ok=True, found=f"not known ({joined_lines(str(error))})")
    shown = f"{version[0]}.{version[1]}"
    if version == (0, 0):
        return Check(name=name, ok=True, found="not known; pages are cut with ROW_NUMBER")
    if version < OLDEST:
        remedy = (
            f"The shop needs ROW_NUMBER: update the server to {OLDEST[0]}.{OLDEST[1]} or later."
        )
        return Check(name=name, ok=False, found=shown, remedy=remedy)
    how = "LIMIT and OFFSET" if version >= HAS_LIMIT else "ROW_NUMBER, having no LIMIT and OFFSET"
    return Check(name=name, ok=True, found=f"{shown}; pages are cut with {how}")


def _round_trip(session: OperatorSession) -> Check:
    best = session.ask(lambda iris: min(_seconds(iris) for _ in range(ROUND_TRIPS)))
    return Check(
        name="round trip", ok=True, found=f"{best * 1000:.1f} ms, the best of {ROUND_TRIPS}"
    )


def _seconds(iris: Iris) -> float:
    began = perf_counter()
    # A refused request takes a round trip as well.
    with contextlib.suppress(ServerError):
        iris.t_level()
    return perf_counter() - began


def _clock(session: OperatorSession) -> Check:
    name = "clocks agree"
    try:
        answer = session.ask(lambda iris: iris.select("SELECT GETUTCDATE()"))
        server = datetime.fromisoformat(str(answer[0][0])).replace(tzinfo=UTC)
    except (ServerError, ValueError, IndexError) as error:
        return Check(name=name, ok=True, found=f"the server's can't be read: {error}")
    apart = abs(server - datetime.now(UTC))
    return Check(
        name=name,
        ok=apart < CLOCKS_MAY_DIFFER,
        found=f"{counted(round(apart.total_seconds()), 'second')} apart",
        remedy=""
        if apart < CLOCKS_MAY_DIFFER
        else "Let both machines keep time by NTP: orders have the shop's, alerts the server's.",
    )


def _durability(session: OperatorSession) -> Check:
    """Whether a commit waits for the disk; either setting is a choice, not a fault."""
    name = "commit waits for the disk"
    try:
        # Without an argument it returns the setting of this process, a copy of the server's, and
        # changes nothing.
        answer = session.ask(lambda iris: iris.class_method_value("%SYSTEM.Process", "SynchCommit"))
    except ServerError:
        found = (
            f"can't be read here. Unless SynchCommit is on (it is off by default), {SYNC_MEANING}"
        )
        return Check(name=name, ok=True, found=found)
    if str(answer) == "1":
        return Check(name=name, ok=True, found="yes, SynchCommit is on")
    return Check(name=name, ok=True, found=f"no, SynchCommit is off: {SYNC_MEANING}")


def _journal() -> Check:
    """What happens when the server can't write its journal; the setting can't be read from here."""
    return Check(
        name="journal",
        ok=True,
        found=(
            "its settings can't be read here. Unless FreezeOnError=1 is set (it is off by "
            "default), a server that can't write its journal goes on without one: a rollback then "
            "fails with <ROLLFAIL>, part of a sale may stand, and a crash loses sales. Set "
            "FreezeOnError=1 beside SynchCommit=1, and see that the database is journaled"
        ),
    )
