"""How fast the shop is, as ratios taken in one run: ``make bench``."""
