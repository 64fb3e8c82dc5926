"""What the shop keeps in IRIS: products, ledger, decisions."""
