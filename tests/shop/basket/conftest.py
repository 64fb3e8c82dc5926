"""Ana, who has a basket."""

from __future__ import annotations

import pytest

from tests.support.cast import FIRST_FERRY, HARBOUR_LIGHT, Shopper, stock


@pytest.fixture
def ana() -> Shopper:
    """Ana, with two bags of Harbour Light and one of First Ferry in her basket."""
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.put_in_basket(FIRST_FERRY)
    return ana
