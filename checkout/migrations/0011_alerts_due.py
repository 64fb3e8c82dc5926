from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('checkout', '0010_attempts'),
    ]

    operations = [
        migrations.AddField(
            model_name='stockalert',
            name='due_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name='stockalert',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='alerts_still_due'),
        ),
    ]
