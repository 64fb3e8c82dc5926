"""Objects that a session has open: persistent ones and streams."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from . import status
from .catalog import InvalidValue, Table
from .codec import Oref
from .instance import Behaviour
from .locks import LockName
from .messages import Refused

if TYPE_CHECKING:
    from .sessions import Session

SHARED_WHILE_LOADING, SHARED_KEPT, EXCLUSIVE_KEPT = 2, 3, 4
DEFAULT_CONCURRENCY = 1
SQL_EMPTY_IN_OBJECTS = "\0"


class ServerObject:
    """Anything with a reference; methods are the Python methods named in METHODS."""

    METHODS: dict[str, str] = {}

    def __init__(self, session: Session, class_name: str) -> None:
        self.session = session
        self.class_name = class_name
        self.number = session.objects.add(self)
        self.references = 0

    def oref(self) -> Oref:
        """Return the reference to send, counting it."""
        self.references += 1
        return Oref(self.number, self.class_name)

    def invoke(self, method: str, arguments: list[Any]) -> Any:
        """Call a method by its name on the server."""
        name = self.METHODS.get(method)
        if name is None:
            raise Refused(f"<METHOD DOES NOT EXIST> *{method},{self.class_name}")
        return getattr(self, name)(*arguments)

    def get(self, name: str) -> Any:
        """Return a property."""
        raise Refused(f"<PROPERTY DOES NOT EXIST> *{name},{self.class_name}")

    def set(self, name: str, value: Any) -> None:
        """Assign a property."""
        raise Refused(f"<PROPERTY DOES NOT EXIST> *{name},{self.class_name}")

    def dropped(self) -> None:
        """Tidy up after the last reference is gone."""


class ObjectTable:
    """A session's objects by number, and which ids of persistent classes are open."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._objects: dict[int, ServerObject] = {}
        self._open: dict[tuple[str, int], PersistentObject] = {}
        self._last_number = 0

    def __len__(self) -> int:
        return len(self._objects)

    def add(self, new: ServerObject) -> int:
        """Keep an object and return its number."""
        self._last_number += 1
        self._objects[self._last_number] = new
        return self._last_number

    def stand_in(self) -> ServerObject:
        """Return an object that stands for one of the client's, passed as an argument."""
        return ServerObject(self.session, "%Net.Remote.Object")

    def find(self, number: int) -> ServerObject:
        """Return an object, or refuse as for one that is gone."""
        if number not in self._objects:
            raise Refused("<INVALID OREF>")
        return self._objects[number]

    def release(self, numbers: Iterable[int]) -> None:
        """Count references down, once per mention; objects without any are dropped."""
        for number in numbers:
            held = self._objects.get(number)
            if held is not None:
                held.references -= 1
                if held.references <= 0:
                    self.drop(held)

    def drop(self, held: ServerObject) -> None:
        """Drop an object whatever its references."""
        if self._objects.pop(held.number, None) is not None:
            if isinstance(held, PersistentObject) and held.id is not None:
                self._open.pop((held.class_name, held.id), None)
            held.dropped()

    def clear(self) -> None:
        """Drop all objects."""
        for held in list(self._objects.values()):
            self.drop(held)

    def opened(self, class_name: str, object_id: int) -> PersistentObject | None:
        """Return the object of an id that is open already."""
        return self._open.get((class_name, object_id))

    def now_open(self, held: PersistentObject) -> None:
        """Remember which object stands for its id."""
        if held.id is not None:
            self._open[held.class_name, held.id] = held

    def forget_id(self, class_name: str, object_id: int) -> None:
        """Let the object of a deleted row, if it is open, be of no row any more."""
        held = self._open.pop((class_name, object_id), None)
        if held is not None:
            held.release_lock()
            held.id = None

    def release_locks(self) -> None:
        """Give back the locks of open objects, which still count as open at their level."""
        for held in self._open.values():
            held.release_lock()

    def forget_locks(self) -> None:
        """Let objects know that their locks are gone, as real ones do not."""
        for held in self._open.values():
            held.concurrency = min(held.concurrency, DEFAULT_CONCURRENCY)


class PersistentObject(ServerObject):
    """A row in the memory of one session, written back whole by %Save."""

    METHODS = {
        "%Save": "save",
        "%Reload": "reload",
        "%Id": "id_text",
        "%DowngradeConcurrency": "downgrade",
        "%UpgradeConcurrency": "upgrade",
        "%GetConcurrency": "concurrency_level",
        "%IsModified": "is_modified",
        "%ClassName": "name_of_class",
        "%ValidateObject": "validate",
        "%Close": "close",
    }

    def __init__(self, session: Session, table: Table) -> None:
        super().__init__(session, table.class_name)
        self.table = table
        self.id: int | None = None
        self.values: dict[str, Any] = {column.name: None for column in table.columns}
        self.modified: set[str] = set()
        self.concurrency = DEFAULT_CONCURRENCY

    # --- properties ---

    def get(self, name: str) -> Any:
        """Return a property as it is in memory, however old."""
        if name == "%Concurrency":
            return self.concurrency
        column = self.table.property(name)
        if column is None:
            return super().get(name)
        traps = self.session.instance.traps
        value = self.values[name]
        if value == "" and traps.null_text_in_objects:
            return SQL_EMPTY_IN_OBJECTS
        if name in self.modified:
            return value
        return column.loaded(value, narrow=traps.narrowed_numbers)

    def set(self, name: str, value: Any) -> None:
        """Assign a property in memory; nothing is checked before %Save."""
        if self.table.property(name) is None:
            super().set(name, value)
        if isinstance(value, str) and value in ("", SQL_EMPTY_IN_OBJECTS):
            value = "" if value else None
        self.values[name] = value
        self.modified.add(name)

    # --- methods ---

    def save(self, related: Any = 1) -> Any:
        """Write every property, stale ones included; return a status."""
        invalid = self.validate()
        if invalid != status.OK:
            return invalid
        target = self._target_id()
        taken = self.session.take_row(self.table.lock_global, target)
        if taken is None:
            return status.not_locked(self.class_name, exclusive=True)
        try:
            return self._write(target)
        finally:
            self.session.release(taken, exclusive=True)

    def reload(self, concurrency: Any = -1) -> Any:
        """Read the row anew; return a status, or nothing at all (see Behaviour)."""
        row = None if self.id is None else self.session.instance.storage.row(self.table, self.id)
        if row is None:
            is_silent = Behaviour.SILENT_RELOAD in self.session.instance.behaviour
            return "" if is_silent else status.load_not_found(self.class_name, self.id)
        self.values = row
        self.modified.clear()
        return status.OK

    def downgrade(self, level: Any = 0) -> Any:
        """Go to a lower concurrency, giving back the lock that the higher one held."""
        if self.id is None and self.concurrency >= SHARED_KEPT:
            raise Refused(f"<SUBSCRIPT>%UnlockId+1^{self.class_name}.1")  # the words are a guess
        if self.concurrency > int(level or 0):
            self.release_lock()
            self.concurrency = int(level or 0)
        return status.OK

    def upgrade(self, level: Any = EXCLUSIVE_KEPT) -> Any:
        """Go to a higher concurrency, taking its lock; return a status."""
        if self.concurrency >= int(level) or self.id is None:
            return status.OK
        if not self.take_lock(int(level)):
            return status.not_locked(self.class_name, exclusive=int(level) == EXCLUSIVE_KEPT)
        return self.reload()

    def validate(self) -> Any:
        """Check every property; return a status."""
        for column in self.table.columns:
            try:
                column.stored(self.values[column.name])
            except InvalidValue as error:
                place = f"Datatype validation failed on property '{self.class_name}:{column.name}'"
                value = f'with value equal to "{self.values[column.name]}"'
                return status.bad(
                    (error.code, str(error)), (status.VALIDATION_FAILED, f"{place}, {value}")
                )
        return status.OK

    def id_text(self) -> str:
        """Return the id, "" before the first %Save."""
        return "" if self.id is None else str(self.id)

    def is_modified(self) -> int:
        """Return whether a property was assigned since loading."""
        return int(bool(self.modified))

    def concurrency_level(self) -> int:
        """Return the level that the object counts as open at."""
        return self.concurrency

    def name_of_class(self, full: Any = 0) -> str:
        """Return the class's name."""
        return self.class_name if full else self.class_name.rpartition(".")[2]

    def close(self) -> Any:
        """Do nothing, as the server has done for years."""
        return status.OK

    # --- locks ---

    @property
    def row_lock(self) -> LockName:
        """The lock on this object's row."""
        return (self.table.lock_global, str(self.id))

    def take_lock(self, level: int) -> bool:
        """Take the lock that a kept level needs; return whether it was obtained in time."""
        if not self.session.acquire(
            self.row_lock, exclusive=level == EXCLUSIVE_KEPT, timeout=self.session.lock_timeout
        ):
            return False
        self.release_lock()
        self.concurrency = level
        return True

    def dropped(self) -> None:
        """Give back the object's own lock."""
        self.release_lock()

    def release_lock(self) -> None:
        """Give back the lock that a kept level holds."""
        if self.concurrency >= SHARED_KEPT:
            exclusive = self.concurrency == EXCLUSIVE_KEPT
            self.session.release(self.row_lock, exclusive=exclusive)

    # --- writing ---

    def _target_id(self) -> int:
        if self.id is not None:
            return self.id
        key = self.table.id_column
        return int(self.values[key]) if key else self.session.instance.storage.new_id(self.table)

    def _write(self, target: int) -> Any:
        storage = self.session.instance.storage
        row = {c.name: c.stored(self.values[c.name]) for c in self.table.columns}
        with storage.mutex:
            present = storage.row(self.table, target) is not None
            if self.id is None and present:
                text = f"ID key not unique for extent '{self.class_name}'"
                return status.bad((status.ID_NOT_UNIQUE, text))
            resurrects = self.session.instance.traps.save_resurrects
            if self.id is not None and not present and not resurrects:
                return status.load_not_found(self.class_name, self.id)
            if self.table.id_column and row[self.table.id_column] != target:
                # The wording is a guess; that it is refused is documented.
                return status.bad((5857, "Property of the IDKEY cannot be modified"))
            try:
                self.session.record(storage.write_row(self.table, target, row))
            except sqlite3.IntegrityError:
                return status.bad((5808, f"Key not unique: {self.class_name}"))
        self.id = target
        self.values = row
        self.modified.clear()
        self.session.objects.now_open(self)
        return status.OK
