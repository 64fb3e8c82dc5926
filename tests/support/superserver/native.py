"""Native calls: from items to what the session does, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import classes
from .codec import UNDEFINED, ByRef, Oref, plain
from .global_tree import precedes, subscript_text
from .messages import Refused, Reply
from .objects import ServerObject

if TYPE_CHECKING:
    from .sessions import Session

Handler = Callable[["Session", list[Any]], Reply]

SIBLING_WANTS_VALUE, SIBLING_WANTS_SUBSCRIPT = 1, 2
SIBLING_BACKWARDS, SIBLING_HAS_STOP = 4, 8

CLASS_EXECUTION = "%Native_ClassExecution"
CONCURRENCY = "%Native_Concurrency"
GLOBAL_ACCESS = "%Native_GlobalAccess"
TRANSACTION = "%Native_Transaction"


def _node(items: list[Any]) -> tuple[str, list[Any], list[Any]]:
    """Return a global's name, the subscripts, and what comes after them."""
    name, count = str(items[0]), int(items[1])
    return name, items[2 : 2 + count], items[2 + count :]


def _answer(result: Any, arguments: list[Any]) -> list[Any]:
    """Return the result and then the new value of each argument by reference."""
    references = [argument.value for argument in arguments if isinstance(argument, ByRef)]
    return [_sendable(value) for value in (result, *references)]


def _sendable(value: Any) -> Any:
    if isinstance(value, ServerObject):
        return value.oref()
    if value == "":
        return None
    return int(value) if isinstance(value, bool) else value


# --- globals ---


def _get(session: Session, items: list[Any]) -> Reply:
    name, subscripts, _ = _node(items)
    return Reply([_sendable(session.value(name, subscripts))])


def _set(session: Session, items: list[Any]) -> Reply:
    name, subscripts, (value, *_) = _node(items)
    session.set("" if value is None else value, name, *subscripts)
    return Reply()


def _kill(session: Session, items: list[Any]) -> Reply:
    name, subscripts, _ = _node(items)
    session.kill(name, *subscripts)
    return Reply()


def _next_subscript(session: Session, items: list[Any]) -> Reply:
    name, subscripts, (flags, *stop) = _node(items)
    backwards = bool(flags & SIBLING_BACKWARDS)
    found, value = session.sibling(name, subscripts, backwards=backwards)
    if found is not None and flags & SIBLING_HAS_STOP:
        # What lies beyond the stop is not returned; the stop itself is, and the driver decides.
        limit = subscript_text(stop[0])
        if precedes(found, limit) if backwards else precedes(limit, found):
            found, value = None, UNDEFINED
    answer: list[Any] = [found] if flags & SIBLING_WANTS_SUBSCRIPT else []
    if flags & SIBLING_WANTS_VALUE:
        answer.append(UNDEFINED if value is UNDEFINED else _sendable(value))
    return Reply(answer)


def _increment(session: Session, items: list[Any]) -> Reply:
    name, subscripts, (by, *_) = _node(items)
    return Reply([session.increment(by, name, *subscripts)])


def _is_defined(session: Session, items: list[Any]) -> Reply:
    name, subscripts, _ = _node(items)
    return Reply([session.is_defined(name, *subscripts)])


# --- classes and objects ---


def _class_method(session: Session, items: list[Any]) -> Reply:
    class_name, method, _, *arguments = items
    result = classes.call(session, str(class_name), str(method), arguments)
    return Reply(_answer(result, arguments))


def _class_method_void(session: Session, items: list[Any]) -> Reply:
    return Reply(_class_method(session, items).items[1:])


def _object(session: Session, reference: Any) -> ServerObject:
    if not isinstance(reference, Oref):
        raise Refused("<INVALID OREF>")
    return session.objects.find(reference.number)


def _invoke(session: Session, items: list[Any]) -> Reply:
    reference, method, _, *arguments = items
    values = [plain(argument) for argument in arguments]
    result = _object(session, reference).invoke(str(method), values)
    return Reply(_answer(result, arguments))


def _invoke_void(session: Session, items: list[Any]) -> Reply:
    return Reply(_invoke(session, items).items[1:])


def _get_property(session: Session, items: list[Any]) -> Reply:
    return Reply([_sendable(_object(session, items[0]).get(str(items[1])))])


def _set_property(session: Session, items: list[Any]) -> Reply:
    _object(session, items[0]).set(str(items[1]), items[2])
    return Reply()


def _no_routine(session: Session, items: list[Any]) -> Reply:
    raise Refused(f"<NOROUTINE> *{items[1]}")


# --- locks ---


def _lock(session: Session, items: list[Any]) -> Reply:
    name, subscripts, (mode, timeout, *_) = _node(items)
    seconds = None if timeout is None or timeout < 0 else float(timeout)
    if not session.lock(name, *subscripts, shared="S" in (mode or ""), timeout=seconds):
        raise Refused("<TIMEOUT>")
    return Reply()


def _unlock(session: Session, items: list[Any]) -> Reply:
    name, subscripts, (mode, *_) = _node(items)
    letters = mode or ""
    session.unlock(name, *subscripts, shared="S" in letters, immediately="I" in letters)
    return Reply()


def _release_all_locks(session: Session, items: list[Any]) -> Reply:
    session.release_all_locks()
    return Reply()


# --- transactions ---


def _tstart(session: Session, items: list[Any]) -> Reply:
    session.tstart()
    return Reply()


def _tcommit(session: Session, items: list[Any]) -> Reply:
    session.tcommit()
    return Reply()


def _trollback(session: Session, items: list[Any]) -> Reply:
    session.rollback()
    return Reply()


def _trollback_one(session: Session, items: list[Any]) -> Reply:
    session.rollback_one()
    return Reply()


def _get_level(session: Session, items: list[Any]) -> Reply:
    return Reply([session.level])


# What serves a native call, and the resource that the account needs for it.
HANDLERS: dict[str, tuple[str, Handler]] = {
    "get": (GLOBAL_ACCESS, _get),
    "set": (GLOBAL_ACCESS, _set),
    "kill": (GLOBAL_ACCESS, _kill),
    "nextSubscript": (GLOBAL_ACCESS, _next_subscript),
    "increment": (GLOBAL_ACCESS, _increment),
    "isDefined": (GLOBAL_ACCESS, _is_defined),
    "function": (CLASS_EXECUTION, _no_routine),
    "routine": (CLASS_EXECUTION, _no_routine),
    "procedure": (CLASS_EXECUTION, _no_routine),
    "classMethod": (CLASS_EXECUTION, _class_method),
    "classMethodVoid": (CLASS_EXECUTION, _class_method_void),
    "invoke": (CLASS_EXECUTION, _invoke),
    "invokeVoid": (CLASS_EXECUTION, _invoke_void),
    "getProperty": (CLASS_EXECUTION, _get_property),
    "setProperty": (CLASS_EXECUTION, _set_property),
    "lock": (CONCURRENCY, _lock),
    "unlock": (CONCURRENCY, _unlock),
    "releaseAllLocks": (CONCURRENCY, _release_all_locks),
    "tStart": (TRANSACTION, _tstart),
    "tCommit": (TRANSACTION, _tcommit),
    "tRollback": (TRANSACTION, _trollback),
    "tRollbackOne": (TRANSACTION, _trollback_one),
    "getTLevel": (TRANSACTION, _get_level),
}


def serve(session: Session, operation: str, items: list[Any]) -> Reply:
    """Return the answer to a native call; what goes wrong on the server is Refused."""
    resource, handler = HANDLERS[operation]
    # The driver's own housekeeping goes through class methods too and needs no privilege.
    if items[:1] != ["%Net.Remote.Gateway"]:
        session.instance.require(resource)
    try:
        return handler(session, items)
    except (IndexError, TypeError, ValueError) as error:
        raise Refused(f"<PARAMETER> {error}") from error
