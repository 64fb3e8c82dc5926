from django.db import migrations


class Migration(migrations.Migration):
    """Attempts to sell were called presses.

    Version 0.1 goes on to write its column until the last of its processes has stopped.
    """

    dependencies = [("checkout", "0009_outgoing_mails")]

    operations = [
        migrations.RenameField("order", "presses", "attempts"),
        migrations.RunSQL(
            "ALTER TABLE checkout_order ADD COLUMN presses smallint NOT NULL DEFAULT 1",
            "ALTER TABLE checkout_order DROP COLUMN presses",
        ),
    ]
