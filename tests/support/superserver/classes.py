"""Class methods: which classes there are, and what persistent ones can do by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import status
from .catalog import Table
from .codec import ByRef, plain
from .instance import AlertCall, Behaviour, ClassMethod, Instance
from .messages import Refused
from .objects import (
    DEFAULT_CONCURRENCY,
    EXCLUSIVE_KEPT,
    SHARED_KEPT,
    SHARED_WHILE_LOADING,
    PersistentObject,
)
from .shop import ALERTS_CLASS
from .system_classes import SYSTEM_METHODS

if TYPE_CHECKING:
    from .sessions import Session


def object_id(value: Any) -> int | None:
    """Return an id as a number, or None for what cannot be one."""
    try:
        return int(str(value))
    except ValueError:
        return None


def find_method(instance: Instance, class_name: str, method: str) -> ClassMethod:
    """Return a class method; names must match exactly, as on the server."""
    registered = instance.methods.get(class_name)
    system = SYSTEM_METHODS.get(class_name)
    table = instance.storage.table_of_class(class_name)
    if registered is None and system is None and table is None:
        raise Refused(f"<CLASS DOES NOT EXIST> *{class_name}")
    for methods in (registered, system):
        if methods and method in methods:
            return methods[method]
    if table is not None and method in PERSISTENT_METHODS:
        function = PERSISTENT_METHODS[method]
        return lambda session, arguments: function(session, table, arguments)
    raise Refused(f"<METHOD DOES NOT EXIST> *{method},{class_name}")


def call(session: Session, class_name: str, method: str, arguments: list[Any]) -> Any:
    """Call a class method in a session; alerts are noted for tests to look at."""
    found = find_method(session.instance, class_name, method)
    if class_name != ALERTS_CLASS:
        return found(session, arguments)
    values = tuple(plain(argument) for argument in arguments)
    session.instance.alert_calls.append(AlertCall(method, values))
    try:
        return found(session, arguments)
    finally:
        if Behaviour.ALERT_LEAVES_TSTART in session.instance.behaviour:
            session.tstart()


# --- what every persistent class can do ---


def _argument(arguments: list[Any], place: int, default: Any = None) -> Any:
    value = plain(arguments[place]) if place < len(arguments) else None
    return default if value is None else value


def _answer(arguments: list[Any], place: int, value: Any) -> None:
    if place < len(arguments) and isinstance(arguments[place], ByRef):
        arguments[place].value = value


def open_id(session: Session, table: Table, arguments: list[Any]) -> PersistentObject | None:
    """%OpenId(id, concurrency, by-reference status): the object, or None and a bad status."""
    wanted = object_id(_argument(arguments, 0))
    level = int(_argument(arguments, 1, -1))
    level = DEFAULT_CONCURRENCY if level < 0 else level
    found, answer = _open(session, table, wanted, level)
    if answer != status.OK and wanted is None:
        answer = status.load_not_found(table.class_name, _argument(arguments, 0, ""))
    _answer(arguments, 2, answer)
    return found


def _open(
    session: Session, table: Table, wanted: int | None, level: int
) -> tuple[PersistentObject | None, Any]:
    known = None if wanted is None else session.objects.opened(table.class_name, wanted)
    if known is not None:
        return _open_again(session, known, level)
    missing = (None, status.load_not_found(table.class_name, wanted))
    if wanted is None:
        return missing
    lock = (table.lock_global, str(wanted))
    exclusive = level == EXCLUSIVE_KEPT
    locks = level >= SHARED_WHILE_LOADING
    if locks and not session.acquire(lock, exclusive=exclusive, timeout=session.lock_timeout):
        return None, status.not_locked(table.class_name, exclusive=exclusive)
    row = session.instance.storage.row(table, wanted)
    if locks and (row is None or level < SHARED_KEPT):
        session.release(lock, exclusive=exclusive)
    if row is None:
        return missing
    opened = PersistentObject(session, table)
    opened.id, opened.values, opened.concurrency = wanted, row, level
    session.objects.now_open(opened)
    return opened, status.OK


def _open_again(
    session: Session, known: PersistentObject, level: int
) -> tuple[PersistentObject | None, Any]:
    """Return the object that is open already, read anew only when its level rises to a kept one."""
    rises = known.concurrency < SHARED_KEPT <= level
    if rises and not known.take_lock(level):
        exclusive = level == EXCLUSIVE_KEPT
        return None, status.not_locked(known.class_name, exclusive=exclusive)
    if rises or not session.instance.traps.stale_objects:
        answer = known.reload()
        if answer != status.OK:
            if Behaviour.LEVEL_STAYS not in session.instance.behaviour:
                known.downgrade(0)
            return None, answer
    return known, status.OK


def new(session: Session, table: Table, arguments: list[Any]) -> PersistentObject:
    """%New(): an object without an id."""
    return PersistentObject(session, table)


def exists_id(session: Session, table: Table, arguments: list[Any]) -> int:
    """%ExistsId(id): 1 or 0."""
    wanted = object_id(_argument(arguments, 0))
    return int(wanted is not None and session.instance.storage.row(table, wanted) is not None)


def delete_id(session: Session, table: Table, arguments: list[Any]) -> Any:
    """%DeleteId(id): a status; the row's lock is kept to the end of the transaction."""
    wanted = object_id(_argument(arguments, 0))
    if wanted is None:
        return status.delete_not_found(table.class_name, _argument(arguments, 0, ""))
    taken = session.take_row(table.lock_global, wanted)
    if taken is None:
        return status.not_locked(table.class_name, exclusive=True)
    try:
        storage = session.instance.storage
        with storage.mutex:
            if storage.row(table, wanted) is None:
                return status.delete_not_found(table.class_name, wanted)
            session.record(storage.write_row(table, wanted, None))
        if Behaviour.DELETE_EMPTIES_OID in session.instance.behaviour:
            session.objects.forget_id(table.class_name, wanted)
        return status.OK
    finally:
        session.release(taken, exclusive=True)


PERSISTENT_METHODS = {
    "%OpenId": open_id,
    "%New": new,
    "%ExistsId": exists_id,
    "%DeleteId": delete_id,
}
