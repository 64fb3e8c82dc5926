"""A stand-in InterSystems IRIS superserver that the real driver can talk to."""

from .codec import ByRef
from .instance import AlertCall, Traps
from .server import Superserver

__all__ = ["AlertCall", "ByRef", "Superserver", "Traps"]
