"""Two groups to put staff into: Staff, and Stock keeper, who may do everything at the desk."""

from django.conf import settings
from django.db import migrations

PERMISSIONS = {
    ("inventory", "stockrow", "view_stock"): "Can see the stock",
    ("inventory", "stockrow", "change_stock"): "Can change the stock",
    ("inventory", "stockrow", "receive_delivery"): "Can receive a delivery",
    ("checkout", "order", "see_orders"): "Can see orders and hand them over",
    ("checkout", "order", "cancel_orders"): "Can cancel orders",
}
GROUPS = {
    "Staff": {"view_stock", "see_orders"},
    "Stock keeper": {
        "view_stock",
        "change_stock",
        "receive_delivery",
        "see_orders",
        "cancel_orders",
    },
}


def make_groups(apps, schema_editor):
    """Make both groups with their permissions; a group of that name is given what it lacks.

    Django itself makes permissions only after all migrations ran; it finds these by model and
    codename, and leaves them as they are.
    """
    database = schema_editor.connection.alias
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    made = {}
    for (app, model, codename), name in PERMISSIONS.items():
        kind, _ = ContentType.objects.using(database).get_or_create(app_label=app, model=model)
        made[codename], _ = Permission.objects.using(database).get_or_create(
            content_type=kind, codename=codename, defaults={"name": name}
        )
    for name, codenames in GROUPS.items():
        group, _ = Group.objects.using(database).get_or_create(name=name)
        group.permissions.add(*(made[codename] for codename in sorted(codenames)))


class Migration(migrations.Migration):

    dependencies = [
        ("checkout", "0003_staff_desk"),
        ("inventory", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Going back leaves the groups: people may be in them.
        migrations.RunPython(make_groups, migrations.RunPython.noop),
    ]
