"""The floor: a bare Django page with twelve tiles from a list, without middleware."""

from __future__ import annotations

from pathlib import Path

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

TILES = [
    {
        "id": 1001 + number,
        "name": f"Harbour Light {number}",
        "origin": "Colombia",
        "description": "Our everyday coffee. Milk chocolate, toasted hazelnut and a red apple.",
        "price": "$12.50",
        "left": 48,
    }
    for number in range(12)
]


def catalogue(request: HttpRequest) -> HttpResponse:
    """The page that the shop's catalogue is compared with."""
    return render(request, "floor.html", {"tiles": TILES})


urlpatterns = [path("shop/", catalogue)]


def configure() -> None:
    """Configure Django with nothing but templates."""
    settings.configure(
        ROOT_URLCONF="benchmarks.floor",
        SECRET_KEY="none of the shop's",
        ALLOWED_HOSTS=["localhost"],
        USE_I18N=False,
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [Path(__file__).parent / "templates"],
            }
        ],
    )
    django.setup()
