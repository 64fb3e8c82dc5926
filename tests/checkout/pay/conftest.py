"""Ana, who is about to pay."""

from __future__ import annotations

import pytest

from tests.support.cast import HARBOUR_LIGHT, Shopper, stock


@pytest.fixture
def ana() -> Shopper:
    """Ana, at the checkout with two bags of Harbour Light."""
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.open("/checkout/")
    return ana
