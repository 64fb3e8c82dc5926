from datetime import timedelta

from django.db import migrations, models
from django.utils import timezone

BATCH = 500


def write_down_what_was_not_sent(apps, _schema_editor):
    """Receipts that 0.1 had not sent get their row. Alerts that it had not, or only begun to, are
    in no mail, so that the next round writes one down."""
    Order = apps.get_model("checkout", "Order")
    OutgoingMail = apps.get_model("shop", "OutgoingMail")
    unsent = Order.objects.filter(
        state="confirmed",
        receipt_sent_at=None,
        cancelled_at=None,
        settled_at__gte=timezone.now() - timedelta(days=3),
    ).exclude(email="")
    mails = (
        OutgoingMail(
            kind="receipt",
            key=order.reference,
            address=order.email,
            created_at=order.settled_at,
            next_try_at=order.settled_at,
            claimed_at=order.receipt_claimed_at,
        )
        for order in unsent.iterator(BATCH)
    )
    OutgoingMail.objects.bulk_create(mails, BATCH)
    apps.get_model("checkout", "StockAlert").objects.filter(mail_sent_at=None).update(mail="")


class Migration(migrations.Migration):
    """The old columns stay in the tables, because the running 0.1 writes them until it is
    restarted."""

    dependencies = [
        ("checkout", "0008_database_defaults"),
        ("shop", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(write_down_what_was_not_sent),
        migrations.RemoveIndex(model_name="order", name="receipts_to_send"),
        migrations.RemoveIndex(model_name="stockalert", name="alerts_to_mail"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField(model_name="order", name="receipt_claimed_at"),
                migrations.RemoveField(model_name="order", name="receipt_sent_at"),
                migrations.RemoveField(model_name="stockalert", name="mail_claimed_at"),
                migrations.RemoveField(model_name="stockalert", name="mail_sent_at"),
            ]
        ),
        migrations.AddIndex(
            model_name="stockalert",
            index=models.Index(
                condition=models.Q(("mail", "")), fields=["at"], name="alerts_in_no_mail"
            ),
        ),
    ]
