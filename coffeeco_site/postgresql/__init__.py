"""The shop's way of using PostgreSQL; named by ``ENGINE`` in the settings."""
