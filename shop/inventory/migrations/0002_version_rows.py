from typing import Any

from django.db import migrations


def make_room(apps: Any, schema_editor: Any) -> None:
    """Every sale replaces a row of this small table: leave room in its pages, clean it often."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE inventory_stockversion SET (fillfactor = 10, "
            "autovacuum_vacuum_threshold = 100, autovacuum_vacuum_scale_factor = 0)"
        )


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]
    operations = [migrations.RunPython(make_room, migrations.RunPython.noop)]
