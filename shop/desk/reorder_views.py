"""The page of what to order."""

from __future__ import annotations

from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from shop.desk.access import staff_only
from shop.desk.csv_page import csv_page
from shop.desk.reorder import (
    LEAD_DAYS,
    SPARE_DAYS,
    LeadForm,
    ReorderForm,
    sent_lines,
    to_reorder,
)
from shop.inventory import get_inventory


@staff_only("inventory.view_stock", begin="staff_reorder")
@require_http_methods(["GET", "HEAD", "POST"])
def staff_reorder(request: HttpRequest) -> HttpResponseBase:
    """The bags to order of each coffee that runs out; sent, the order as a file."""
    inventory = get_inventory()
    asked = LeadForm({"lead": request.GET.get("lead", str(LEAD_DAYS))})
    lead = asked.cleaned_data["lead"] if asked.is_valid() else LEAD_DAYS
    if request.method == "POST":
        form = ReorderForm(sent_lines(inventory, request.POST), data=request.POST)
        if form.is_valid():
            return csv_page("reorder.csv", form.rows())
        total = len(form.fields)
    else:
        lines, total = to_reorder(inventory, lead)
        form = ReorderForm(lines, lead=lead)
    context = {
        "asked": asked,
        "form": form,
        "lines": form.lines(),
        "errors": {
            "" if name == NON_FIELD_ERRORS else name: sentences[0]
            for one in (asked, form)
            for name, sentences in one.errors.items()
        },
        "total": total,
        "spare_days": SPARE_DAYS,
    }
    return render(request, "staff/reorder.html", context, status=422 if context["errors"] else 200)
