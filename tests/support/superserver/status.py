"""%Status values: 1, or text that begins with "0 " and carries error numbers and words."""

from __future__ import annotations

from typing import Any

from .codec import ListError, decode_all, encode_all

OK = 1

LOAD_NOT_FOUND = 5809
DELETE_NOT_FOUND = 5810
NO_EXCLUSIVE_LOCK = 5803
NO_SHARED_LOCK = 5804
ID_NOT_UNIQUE = 5805
VALIDATION_FAILED = 5802
REQUIRED = 5659


def bad(*errors: tuple[int, str]) -> str:
    """Return the status that holds these errors, the first one in front."""
    nested = [encode_all(error).decode("latin-1") for error in errors]
    # The inside of a real status is not documented; only "0 " in front is relied upon.
    return "0 " + encode_all(nested).decode("latin-1")


def errors_of(status: Any) -> list[tuple[int, str]]:
    """Return the errors in a status, none for a good one."""
    if not isinstance(status, str) or not status.startswith("0 "):
        return []
    try:
        return [
            (code, text)
            for nested in decode_all(status[2:].encode("latin-1"))
            for code, text in [decode_all(nested.encode("latin-1"))]
        ]
    except (ListError, ValueError, IndexError, AttributeError):
        return [(5001, status[2:])]


def text_of(status: Any) -> str:
    """Return what %SYSTEM.Status.GetErrorText says of a status."""
    lines = [f"ERROR #{code}: {text}" for code, text in errors_of(status)]
    return "\r\n  > ".join(lines)


def is_ok(status: Any) -> bool:
    """Return whether a status is a good one."""
    return not errors_of(status) and status not in (0, "0", None, "")


def load_not_found(class_name: str, object_id: Any) -> str:
    """Return the status of opening what is not there."""
    text = f"Object to Load not found, class '{class_name}', ID '{object_id}'"
    return bad((LOAD_NOT_FOUND, text))


def delete_not_found(class_name: str, object_id: Any) -> str:
    """Return the status of deleting what is not there."""
    text = f"Object to delete not found, class '{class_name}', ID '{object_id}'"
    return bad((DELETE_NOT_FOUND, text))


def not_locked(class_name: str, *, exclusive: bool) -> str:
    """Return the status of a lock that was not obtained in time."""
    if exclusive:
        words = f"Failed to acquire exclusive lock on instance of '{class_name}'"
        return bad((NO_EXCLUSIVE_LOCK, words))
    return bad((NO_SHARED_LOCK, f"Failed to acquire shared lock on instance of '{class_name}'"))
