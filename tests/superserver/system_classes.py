"""Class methods of the server's own classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import status
from .codec import ByRef
from .instance import ClassMethod

if TYPE_CHECKING:
    from .sessions import Session


def _first(arguments: list[Any]) -> Any:
    value = arguments[0] if arguments else None
    return value.value if isinstance(value, ByRef) else value


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


def _error_text(session: Session, arguments: list[Any]) -> str:
    return status.text_of(_first(arguments))


def _is_error(session: Session, arguments: list[Any]) -> int:
    return int(not status.is_ok(_first(arguments)))


def _is_ok(session: Session, arguments: list[Any]) -> int:
    return int(status.is_ok(_first(arguments)))


def _error_codes(session: Session, arguments: list[Any]) -> str:
    return ",".join(str(code) for code, _ in status.errors_of(_first(arguments)))


SYSTEM_METHODS: dict[str, dict[str, ClassMethod]] = {
    "%Net.Remote.Gateway": {"%ReleaseObjects": _release_objects},
    "%SYSTEM.Version": {"GetVersion": _version, "GetNumber": _version_number},
    "%SYSTEM.Status": {
        "GetErrorText": _error_text,
        "GetOneErrorText": _error_text,
        "GetErrorCodes": _error_codes,
        "IsError": _is_error,
        "IsOK": _is_ok,
    },
}
