"""$LIST items: how values travel in the bodies of messages."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeAlias

STRING, WIDE_STRING = 0x01, 0x02
POSITIVE_INTEGER, NEGATIVE_INTEGER = 0x04, 0x05
POSITIVE_DECIMAL, NEGATIVE_DECIMAL = 0x06, 0x07
DOUBLE, COMPACT_DOUBLE = 0x08, 0x09
OREF, WIDE_OREF = 0x19, 0x1A
BY_REFERENCE = 0x20

ONE_BYTE_LENGTH_LIMIT = 253
TWO_BYTE_LENGTH_LIMIT = 0xFFFF


class Undefined:
    """The type of the one value that stands for a node or argument without any value."""

    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final = Undefined()


@dataclass(frozen=True)
class Oref:
    """A reference to an object of the session: its number, and its class for the text form."""

    number: int
    class_name: str = ""

    def __str__(self) -> str:
        return f"{self.number}@{self.class_name}" if self.class_name else str(self.number)


@dataclass
class ByRef:
    """An argument passed by reference: the called method may assign a new value."""

    value: Any


def plain(argument: Any) -> Any:
    """Return an argument's value, whether or not it came by reference."""
    return argument.value if isinstance(argument, ByRef) else argument


@dataclass(frozen=True)
class Raw:
    """Bytes that go into the body as they are, without a length."""

    data: bytes


# What an item may hold. None is the null string, which ObjectScript calls "".
Value: TypeAlias = "str | int | float | Decimal | Oref | Undefined | None"


class ListError(Exception):
    """The body of a message is not a row of items."""


def _item(kind: int, data: bytes) -> bytes:
    if len(data) <= ONE_BYTE_LENGTH_LIMIT:
        return bytes((len(data) + 2, kind)) + data
    length = len(data) + 1
    if length <= TWO_BYTE_LENGTH_LIMIT:
        return struct.pack("<BHB", 0, length, kind) + data
    return struct.pack("<BHIB", 0, 0, length, kind) + data


def _integer_bytes(number: int) -> bytes:
    """Return the bytes of a number: a negative one without the 0xFF bytes on top."""
    if number >= 0:
        return number.to_bytes((number.bit_length() + 7) // 8, "little")
    data = number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True)
    return data.rstrip(b"\xff")


def _integer(data: bytes, *, negative: bool) -> int:
    if negative:
        return int.from_bytes(data + b"\xff", "little", signed=True)
    return int.from_bytes(data, "little")


def _encode_decimal(value: Decimal) -> bytes:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return _encode_text(str(value))
    number = int("".join(map(str, digits)) or "0") * (-1 if value.is_signed() else 1)
    kind = POSITIVE_DECIMAL if number >= 0 else NEGATIVE_DECIMAL
    return _item(kind, struct.pack("<b", exponent) + _integer_bytes(number))


def _encode_text(text: str) -> bytes:
    try:
        return _item(STRING, text.encode("latin-1"))
    except UnicodeEncodeError:
        return _item(WIDE_STRING, text.encode("utf-16-le", "surrogatepass"))


def _encode_number(value: int | float | Decimal) -> bytes:
    if isinstance(value, Decimal):
        return _encode_decimal(value)
    if isinstance(value, float):
        return _item(DOUBLE, struct.pack("<d", value))
    if not -(2**63) <= value < 2**64:
        return _encode_text(str(value))
    return _item(POSITIVE_INTEGER if value >= 0 else NEGATIVE_INTEGER, _integer_bytes(value))


def encode(value: Value | bool | Raw) -> bytes:
    """Return one value as an item."""
    match value:
        case None:
            return b"\x02\x01"
        case str():
            return _encode_text(value)
        case int() | float() | Decimal():
            return _encode_number(value)
        case Oref():
            return _item(OREF, str(value).encode("latin-1"))
        case Raw():
            return value.data
        case Undefined():
            return b"\x01"


def encode_all(values: list[Any] | tuple[Any, ...]) -> bytes:
    """Return the values as a row of items."""
    return b"".join(encode(value) for value in values)


def _split(body: bytes, at: int) -> tuple[int | None, bytes, int]:
    """Return type (None: undefined), data and end of the item that starts at a place."""
    first = body[at]
    if first == 1:
        return None, b"", at + 1
    if first >= 2:
        start, end = at + 1, at + first
    else:
        (length,) = struct.unpack_from("<H", body, at + 1)
        start = at + 3
        if not length:
            (length,) = struct.unpack_from("<I", body, at + 3)
            start = at + 7
        end = start + length
    if end > len(body):
        raise ListError(f"<LIST ERROR> item at {at} runs over the end")
    return body[start], body[start + 1 : end], end


def _decode_double(data: bytes) -> float:
    if len(data) == struct.calcsize("<d"):
        (double,) = struct.unpack("<d", data)
        return float(double)
    (single,) = struct.unpack("<f", data.rjust(4, b"\0"))
    return float(single)


def _decode_compact_double(data: bytes) -> float:
    (double,) = struct.unpack("<d", data.rjust(8, b"\0"))
    return float(double)


def _decode_decimal(data: bytes, *, negative: bool) -> Decimal:
    (exponent,) = struct.unpack_from("<b", data)
    return Decimal(f"{_integer(data[1:], negative=negative)}E{exponent}")


def _decode_oref(text: str) -> Oref:
    number, _, class_name = text.partition("@")
    return Oref(int(number), class_name)


def _decode_value(kind: int, data: bytes) -> Value:
    match kind:
        case 0x00:
            return None
        case 0x01:
            return data.decode("latin-1") if data else None
        case 0x02:
            return data.decode("utf-16-le", "surrogatepass") if data else None
        case 0x04 | 0x05:
            return _integer(data, negative=kind == NEGATIVE_INTEGER)
        case 0x06 | 0x07:
            return _decode_decimal(data, negative=kind == NEGATIVE_DECIMAL)
        case 0x08:
            return _decode_double(data)
        case 0x09:
            return _decode_compact_double(data)
        case 0x19:
            return _decode_oref(data.decode("latin-1"))
        case 0x1A:
            return _decode_oref(data.decode("utf-16-le"))
    raise ListError(f"<LIST ERROR> unknown type {kind:#04x}")


def decode_all(body: bytes) -> list[Any]:
    """Return the values of a row of items; arguments by reference come as ByRef."""
    values: list[Any] = []
    at = 0
    while at < len(body):
        kind, data, at = _split(body, at)
        if kind is None:
            values.append(UNDEFINED)
        elif kind & BY_REFERENCE:
            values.append(ByRef(_decode_value(kind & ~BY_REFERENCE, data)))
        else:
            values.append(_decode_value(kind, data))
    return values
