"""Real processes, killed at random moments under load, and what must be so afterwards."""
