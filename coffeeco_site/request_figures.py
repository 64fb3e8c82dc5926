"""Requests and their time, by view and status, summed over the worker processes.

prometheus_client keeps them in files of the folder PROMETHEUS_MULTIPROC_DIR, one for each process;
the scrape adds them up. What starts the processes makes the folder anew. Without it nothing is
counted, because each process would report its own part. A kept catalogue page takes about a
hundredth longer with them (1.01, on a busy machine).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

if FOLDER:
    Path(FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)

_own = CollectorRegistry()
REQUESTS = Counter("coffeeco_requests", "Requests answered.", ["view", "status"], registry=_own)
SECONDS = Histogram(
    "coffeeco_request_seconds",
    "Time to an answer, without sending it.",
    ["view", "status"],
    buckets=BUCKETS,
    registry=_own,
)


class RequestFiguresMiddleware:
    """Counts each request that reached Django, once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not FOLDER:
            return self.get_response(request)
        began = time.perf_counter()
        response = self.get_response(request)
        found = request.resolver_match
        view = (found.view_name if found else "") or "none"
        SECONDS.labels(view, response.status_code).observe(time.perf_counter() - began)
        REQUESTS.labels(view, response.status_code).inc()
        return response


def request_figures() -> Iterator[Metric]:
    """The sums over all processes that write into the folder, those that have ended too."""
    if FOLDER:
        # prometheus_client types neither call.
        sums = MultiProcessCollector(CollectorRegistry(), FOLDER)  # type: ignore[no-untyped-call]
        yield from sums.collect()  # type: ignore[no-untyped-call]
