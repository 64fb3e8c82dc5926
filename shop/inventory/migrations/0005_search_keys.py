from typing import Any

from django.db import migrations, models

from shop.inventory.words import folded

BATCH = 500


def fill(apps: Any, _schema_editor: Any) -> None:
    rows = apps.get_model("inventory", "StockRow").objects.filter(search_key=None)
    while some := list(rows[:BATCH]):
        for row in some:
            row.name_key = folded(row.name)
            row.search_key = folded(f"{row.name} {row.origin} {row.description}")
        rows.model.objects.bulk_update(some, ["name_key", "search_key"])


class Migration(migrations.Migration):
    dependencies = [("inventory", "0004_on_sale_since")]
    operations = [
        migrations.AddField("stockrow", "name_key", models.TextField(null=True)),
        migrations.AddField("stockrow", "search_key", models.TextField(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
