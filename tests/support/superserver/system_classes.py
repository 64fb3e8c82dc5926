"""Class methods of the server's own classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import dictionary, status
from .codec import ByRef, plain
from .compiler import COMPILER_METHODS
from .global_tree import precedes, subscript_text
from .instance import ClassMethod
from .streams import STREAM_METHODS

if TYPE_CHECKING:
    from .sessions import Session


def _first(arguments: list[Any]) -> Any:
    return plain(arguments[0]) if arguments else None


def _version(session: Session, arguments: list[Any]) -> str:
    return version_text(session.instance.version)


def version_text(version: str) -> str:
    """Return the line that $ZVERSION holds on a server of that version."""
    return f"IRIS for UNIX (stand-in for tests) {version} (Build 1U) Mon Jan 6 2025 12:00:00 UTC"


def _version_number(session: Session, arguments: list[Any]) -> str:
    return session.instance.version


def _release_objects(session: Session, arguments: list[Any]) -> None:
    """Count down the references in ",3,4,5", which the driver sends once 100 were dropped."""
    session.objects.release(int(part) for part in str(_first(arguments)).split(",") if part)


def _sort_order(session: Session, arguments: list[Any]) -> int:
    """Compare two subscripts for the driver's slices, putting them into canonical form.

    1: the first comes first, -1: the second does, 0: they are equal or there is one only.
    """
    for argument in arguments[1:]:
        if isinstance(argument, ByRef):
            argument.value = subscript_text(argument.value)
    left, right = (subscript_text(plain(argument)) for argument in arguments[1:3])
    if not right or left == right:
        return 0
    return 1 if precedes(left, right) else -1


def _synch_commit(session: Session, arguments: list[Any]) -> int:
    return int(session.instance.synch_commit)


def _process_id(session: Session, arguments: list[Any]) -> int:
    return session.number


def _error_text(session: Session, arguments: list[Any]) -> str:
    return status.text_of(_first(arguments))


def _is_error(session: Session, arguments: list[Any]) -> int:
    return int(not status.is_ok(_first(arguments)))


def _is_ok(session: Session, arguments: list[Any]) -> int:
    return int(status.is_ok(_first(arguments)))


def _error_codes(session: Session, arguments: list[Any]) -> str:
    return ",".join(str(code) for code, _ in status.errors_of(_first(arguments)))


def _dictionary_exists(table_name: str) -> ClassMethod:
    """Make %ExistsId of a dictionary class: a class's name, or class||member."""

    def exists_id(session: Session, arguments: list[Any]) -> int:
        dictionary.refresh(session.instance)
        text = f'SELECT 1 FROM "{table_name}" WHERE ID = :id COLLATE BINARY'
        return int(bool(session.instance.storage.query(text, {"id": str(_first(arguments))})[1]))

    return exists_id


DICTIONARY_METHODS: dict[str, dict[str, ClassMethod]] = {
    table.class_name: {"%ExistsId": _dictionary_exists(table.sql_name)}
    for table in dictionary.TABLES.values()
    if table.schema == "%Dictionary"
}

SYSTEM_METHODS: dict[str, dict[str, ClassMethod]] = {
    "%Net.Remote.Gateway": {
        "%ReleaseObjects": _release_objects,
        "%SubscriptSortOrder": _sort_order,
    },
    "%SYSTEM.Version": {"GetVersion": _version, "GetNumber": _version_number},
    "%SYSTEM.SYS": {"ProcessID": _process_id},
    "%SYSTEM.Process": {"SynchCommit": _synch_commit},
    "%SYSTEM.Status": {
        "GetErrorText": _error_text,
        "GetOneErrorText": _error_text,
        "GetErrorCodes": _error_codes,
        "IsError": _is_error,
        "IsOK": _is_ok,
    },
    **DICTIONARY_METHODS,
    **STREAM_METHODS,
    **COMPILER_METHODS,
}
