"""What an error report leaves out."""

import re

from django.views.debug import SafeExceptionReporterFilter


class QuietFilter(SafeExceptionReporterFilter):
    """Addresses too: those of databases, stores and mail servers hold passwords."""

    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern + "|URL|DATABASE", re.IGNORECASE
    )
