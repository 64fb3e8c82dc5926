"""InterSystems' driver made safe for a program with many threads. See README.md.

Everything that others may use of this package is named here.
"""

from shop.inventory.iris.client.address import Address, AddressError
from shop.inventory.iris.client.deadline import Deadline
from shop.inventory.iris.client.driver import OK, Iris, Item, Reference, connect
from shop.inventory.iris.client.errors import (
    FIELD_NOT_FOUND,
    NOT_PRIVILEGED,
    TABLE_NOT_FOUND,
    IrisError,
    LinkLost,
    LockTimeout,
    LoginDenied,
    NoneFree,
    OutcomeUnknown,
    ServerError,
    SqlError,
    StatusError,
    Timeout,
    code_of,
    joined_lines,
)
from shop.inventory.iris.client.operator_session import (
    OperatorSession,
    OutOfTime,
    TimeForAll,
    operator_sessions,
)
from shop.inventory.iris.client.pool import Pool
from shop.inventory.iris.client.transaction import (
    EXCLUSIVE,
    NOT_FOUND,
    NOT_LOCKED,
    Session,
    Transaction,
    row_wait,
)

# fmt: off
__all__ = [
    "EXCLUSIVE", "FIELD_NOT_FOUND", "NOT_FOUND", "NOT_LOCKED", "NOT_PRIVILEGED", "OK",
    "TABLE_NOT_FOUND", "Address", "AddressError", "Deadline", "Iris", "IrisError", "Item",
    "LinkLost", "LockTimeout", "LoginDenied", "NoneFree", "OperatorSession", "OutOfTime",
    "OutcomeUnknown", "Pool", "Reference", "ServerError", "Session", "SqlError", "StatusError",
    "TimeForAll", "Timeout", "Transaction", "code_of", "connect", "joined_lines",
    "operator_sessions", "row_wait",
]
# fmt: on
