"""One server without its sockets: what all sessions share."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from .locks import LockTable
from .messages import Refused
from .storage import Storage

if TYPE_CHECKING:
    from .sessions import Session

ClassMethod = Callable[["Session", list[Any]], Any]


@dataclass(frozen=True)
class Traps:
    """What real servers do that a shop may fall over; each can be switched off."""

    stale_objects: bool = True
    """%OpenId of an id that is open already returns the same object, unread."""
    phantom_locks: bool = True
    """After releaseAllLocks an object still counts as open at level 4."""
    deferred_unlocks: bool = True
    """A lock given back within a transaction is kept towards others until it ends."""
    save_resurrects: bool = True
    """%Save of an object whose row was deleted meanwhile writes the row again."""
    upper_case_groups: bool = True
    """DISTINCT and GROUP BY return a text column in upper case."""
    narrowed_numbers: bool = True
    """A whole NUMERIC arrives as an int."""
    object_locks_outlive_commit: bool = True
    """An object opened at level 4 in a transaction keeps its lock when that is committed."""
    null_text_in_objects: bool = True
    """SQL's empty string is the character 0 to the object side."""


BEHAVIOUR_VARIABLE = "IRIS_BEHAVIOUR"
EVERY_BEHAVIOUR = "all"


class Behaviour(Enum):
    """What a real server may do besides; each is off unless named, and all go together."""

    SILENT_RELOAD = "silent_reload"
    """Reading an open object's row anew, when it is gone, answers nothing instead of #5809."""
    LEVEL_STAYS = "level_stays"
    """An open object keeps level 4 and its lock when %OpenId raised it and found no row."""
    DELETE_EMPTIES_OID = "delete_empties_oid"
    """%DeleteId empties the id of the row's open object: %DowngradeConcurrency then raises."""
    CHANGE_COMMITS = "change_commits"
    """With autocommit on, an SQL change commits whatever transaction is open."""
    QUERY_COMMITS = "query_commits"
    """With autocommit on, a SELECT does so too."""
    ALERT_LEAVES_TSTART = "alert_leaves_tstart"
    """A method of coffeeco.Alerts leaves a TSTART open after its work."""

    @classmethod
    def named(cls, names: str) -> frozenset[Behaviour]:
        """Return those that are named, with commas between; "all" names every one."""
        if names == EVERY_BEHAVIOUR:
            return frozenset(cls)
        return frozenset(cls(name.strip()) for name in names.split(",") if name.strip())

    @classmethod
    def of_environment(cls) -> frozenset[Behaviour]:
        """Return those that IRIS_BEHAVIOUR names, so that any suite can be run with them."""
        return cls.named(os.environ.get(BEHAVIOUR_VARIABLE, ""))


@dataclass(frozen=True)
class AlertCall:
    """One call of a method of the alerts class."""

    method: str
    arguments: tuple[Any, ...]


@dataclass
class Instance:
    """The data, locks and classes of one server, and its rules."""

    version: str = "2025.1"
    traps: Traps = field(default_factory=Traps)
    behaviour: frozenset[Behaviour] = frozenset()
    lock_timeout: float = 10
    storage: Storage = field(default_factory=Storage)
    locks: LockTable = field(default_factory=LockTable)
    methods: dict[str, dict[str, ClassMethod]] = field(default_factory=dict)
    alert_calls: list[AlertCall] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)  # class texts that were loaded
    implementations: dict[tuple[str, str], ClassMethod] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    primary_key_is_id: bool = False  # SET OPTION PKEY_IS_IDKEY holds for the whole server
    synch_commit: bool = False  # whether a commit waits for the disk; here it is only told
    user: str = "_SYSTEM"
    namespace: str = "USER"

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1001)
        self.sessions: dict[int, Session] = {}
        self.sessions_changed = threading.Condition()

    def next_session_number(self) -> int:
        """Return a job number that no session has had."""
        return next(self._numbers)

    @property
    def version_number(self) -> tuple[int, int]:
        """The version as year and release, to compare."""
        year, release = self.version.split(".")[:2]
        return int(year), int(release)

    def require(self, resource: str, place: str = "") -> None:
        """Refuse the call when the account was denied a resource."""
        if resource in self.denied:
            raise Refused(f"<PROTECT> {place or resource}".strip())
