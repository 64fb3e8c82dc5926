"""The shop's way of using SQLite; named by ``ENGINE`` in the settings."""
