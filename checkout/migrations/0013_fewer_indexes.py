"""Drop indexes that every sale writes and no query needs; the former version does not miss them.

On SQLite, AlterField would make the tables anew, without the columns that only 0.1 uses.
"""

from django.db import migrations, models

INDEXES = {
    # The unique index on (order, product) begins with the order.
    "checkout_orderline_order_id_e794e82c": "checkout_orderline (order_id)",
    "checkout_order_branch_slug_04bc6902": "checkout_order (branch_slug)",
}
PATTERNS = {
    # PostgreSQL's, for LIKE 'x%', which is never asked of these columns.
    "checkout_order_branch_slug_04bc6902_like": "checkout_order (branch_slug varchar_pattern_ops)",
    "checkout_order_reference_fc18666b_like": "checkout_order (reference varchar_pattern_ops)",
    "checkout_order_token_hash_e139b488_like": "checkout_order (token_hash varchar_pattern_ops)",
    "django_session_session_key_c0390e0f_like": "django_session (session_key varchar_pattern_ops)",
    "inventory_ledgerdecision_reference_04c417bc_like": (
        "inventory_ledgerdecision (reference varchar_pattern_ops)"
    ),
}


def _indexes(editor):
    return INDEXES | (PATTERNS if editor.connection.vendor == "postgresql" else {})


def drop(_apps, editor):
    for name in _indexes(editor):
        editor.execute(f"DROP INDEX IF EXISTS {name}")


def make(_apps, editor):
    for name, columns in _indexes(editor).items():
        editor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {columns}")


class Migration(migrations.Migration):

    dependencies = [
        ('checkout', '0012_order_limits'),
        ('inventory', '0001_initial'),
        ('sessions', '0001_initial'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop, make)],
            state_operations=[
                migrations.AlterField(
                    model_name='order',
                    name='branch_slug',
                    field=models.SlugField(blank=True, db_index=False, max_length=30),
                ),
                migrations.AlterField(
                    model_name='orderline',
                    name='order',
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name='lines',
                        to='checkout.order',
                    ),
                ),
            ],
        ),
    ]
