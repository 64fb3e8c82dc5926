"""Character streams: text that a client writes in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import status
from .instance import ClassMethod
from .objects import ServerObject

if TYPE_CHECKING:
    from .sessions import Session

MAX_PIECE = 32_000
CLASSES = ("%Stream.GlobalCharacter", "%Stream.TmpCharacter")


class Stream(ServerObject):
    """A stream in the session's memory."""

    METHODS = {
        "Write": "write",
        "WriteLine": "write_line",
        "Rewind": "rewind",
        "Read": "read",
        "Clear": "clear",
        "%Save": "save",
    }

    def __init__(self, session: Session, class_name: str) -> None:
        super().__init__(session, class_name)
        self.text = ""
        self.position = 0

    def write(self, piece: Any = "") -> Any:
        """Append text; return a status."""
        self.text += "" if piece is None else str(piece)
        return status.OK

    def write_line(self, piece: Any = "") -> Any:
        """Append text and a line's end; return a status."""
        return self.write(f"{'' if piece is None else piece}\r\n")

    def rewind(self) -> Any:
        """Go to the beginning for reading; return a status."""
        self.position = 0
        return status.OK

    def read(self, size: Any = MAX_PIECE) -> str:
        """Return the next characters, "" at the end."""
        piece = self.text[self.position : self.position + int(size)]
        self.position += len(piece)
        return piece

    def clear(self) -> Any:
        """Empty the stream; return a status."""
        self.text, self.position = "", 0
        return status.OK

    def save(self) -> Any:
        """Do nothing: no stream is opened again."""
        return status.OK

    def get(self, name: str) -> Any:
        """Return Size or AtEnd."""
        if name == "Size":
            return len(self.text)
        if name == "AtEnd":
            return int(self.position >= len(self.text))
        return super().get(name)


def _maker(class_name: str) -> ClassMethod:
    return lambda session, arguments: Stream(session, class_name)


STREAM_METHODS = {name: {"%New": _maker(name)} for name in CLASSES}
