#!/usr/bin/env python
"""Django's command line for the shop."""

import os
import sys


def main() -> None:
    """Run the command that was asked for."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coffeeco_site.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise SystemExit(
            "Django is not installed here. Run 'make run', or activate the virtual environment "
            "and 'pip install -r requirements.lock'."
        ) from error
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        raise SystemExit(f"The shop's settings: {error}") from None


if __name__ == "__main__":
    main()
