"""Every page of the shop, in every state: one table for everything that looks at all pages.

A state is a way through real pages, so that any browser can take it: Chromium, or a shopper
without JavaScript. Django's own admin under ``/staff/accounts/`` is not of our making and is not
in the table.
"""

from tests.pages.states.public import PUBLIC
from tests.pages.states.scene import Scene, State
from tests.pages.states.staff import STAFF

__all__ = ["PUBLIC", "STAFF", "Scene", "State"]
