"""%SYSTEM.OBJ: taking class texts in and making tables and methods of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import shop, status
from .class_text import ClassDefinition, ClassTextError, class_name, read_class
from .codec import ByRef, Oref, plain
from .instance import ClassMethod, Instance
from .messages import Refused
from .streams import Stream

if TYPE_CHECKING:
    from .sessions import Session

DEVELOPMENT = "%Development"
NO_CLASS = 5351
BAD_TEXT = 5559
LIST_PLACE = 3  # where LoadStream's by-reference list of what was loaded stands


def compile_class(instance: Instance, text: str) -> ClassDefinition:
    """Make a class usable: its table, if it is persistent, and its class methods."""
    definition = read_class(text)
    if definition.table is not None:
        instance.storage.redefine(definition.table)
    if definition.methods or definition.table is None:
        instance.methods[definition.name] = {
            method: _implementation(instance, definition.name, method)
            for method in definition.methods
        }
    return definition


def _implementation(instance: Instance, name: str, method: str) -> ClassMethod:
    """Return the Python function that stands for a method, found by its name."""
    if (name, method) in instance.implementations:
        return instance.implementations[name, method]
    if name == shop.ALERTS_CLASS and method in shop.ALERT_WORDS:
        return shop.alert_methods("own")[method]

    def unknown(session: Session, arguments: list[Any]) -> Any:
        raise Refused(f"<UNIMPLEMENTED>z{method}+1^{name}.1")

    return unknown


def _value(arguments: list[Any], place: int) -> Any:
    return plain(arguments[place]) if place < len(arguments) else None


def _load_stream(session: Session, arguments: list[Any]) -> Any:
    """LoadStream(stream, flags, errors, by-reference list): a status; nothing is compiled."""
    session.instance.require(DEVELOPMENT)
    reference = _value(arguments, 0)
    stream = session.objects.find(reference.number) if isinstance(reference, Oref) else None
    if not isinstance(stream, Stream):
        raise Refused("<INVALID OREF>")
    text = stream.text[stream.position :]
    try:
        name = class_name(text)
    except ClassTextError as error:
        return status.bad((BAD_TEXT, f"The class text could not be parsed: {error}"))
    session.instance.sources[name] = text
    if len(arguments) > LIST_PLACE and isinstance(arguments[LIST_PLACE], ByRef):
        arguments[LIST_PLACE].value = f"{name}.cls"
    flags = str(_value(arguments, 1) or "")
    return _compile([name], session) if "c" in flags.split("-", maxsplit=1)[0] else status.OK


def _compile_list(session: Session, arguments: list[Any]) -> Any:
    """CompileList("a.cls,b.cls", flags): a status; what could be compiled is."""
    session.instance.require(DEVELOPMENT)
    items = [item.strip() for item in str(_value(arguments, 0) or "").split(",")]
    return _compile([item.removesuffix(".cls") for item in items if item], session)


def _compile(names: list[str], session: Session) -> Any:
    instance = session.instance
    errors: list[tuple[int, str]] = []
    for name in names:
        if name not in instance.sources:
            errors.append((NO_CLASS, f"Class '{name}' does not exist"))
            continue
        try:
            compile_class(instance, instance.sources[name])
        except ClassTextError as error:
            errors.append((BAD_TEXT, f"Class '{name}': {error}"))
        else:
            instance.storage.keep_class(name, instance.sources[name])
    return status.bad(*errors) if errors else status.OK


def _is_up_to_date(session: Session, arguments: list[Any]) -> int:
    return int(str(_value(arguments, 0)) in session.instance.methods)


COMPILER_METHODS: dict[str, dict[str, ClassMethod]] = {
    "%SYSTEM.OBJ": {
        "LoadStream": _load_stream,
        "CompileList": _compile_list,
        "Compile": _compile_list,
        "IsUpToDate": _is_up_to_date,
    }
}
