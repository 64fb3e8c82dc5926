"""The shop's way of using PostgreSQL; named by ``ENGINE`` in the settings."""

from coffeeco_site.postgresql.pool import share_connections

__all__ = ["share_connections"]
