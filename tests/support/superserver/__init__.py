"""A stand-in InterSystems IRIS superserver that the real driver can talk to."""

from .codec import ByRef
from .instance import AlertCall, Behaviour, Traps
from .process import SuperserverProcess
from .server import Superserver

__all__ = ["AlertCall", "Behaviour", "ByRef", "Superserver", "SuperserverProcess", "Traps"]
