import uuid

from django.db import migrations, models

import supportai.core.clock


class Migration(migrations.Migration):

    dependencies = [
        ('knowledge', '0005_help_center'),
    ]

    operations = [
        migrations.CreateModel(
            name='AnswerCalibration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('created_at', models.DateTimeField(default=supportai.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=supportai.core.clock.now, editable=False)),
                ('state', models.CharField(choices=[('active', 'In use'), ('replaced', 'Replaced by a newer one'), ('refused', 'No better, not used'), ('rolled_back', 'Rolled back')], max_length=12)),
                ('slope', models.FloatField()),
                ('intercept', models.FloatField()),
                ('outcomes', models.PositiveIntegerField(help_text='Answers with a known outcome that were looked at.')),
                ('right', models.PositiveIntegerField(verbose_name='of those right')),
                ('held_back', models.PositiveIntegerField(help_text='The newest of them, which judged it.')),
                ('error_before', models.FloatField(help_text='Mean log loss on those held back; less is better.', verbose_name='error as shipped')),
                ('error_after', models.FloatField(verbose_name='error with it')),
                ('why', models.CharField(blank=True, max_length=300)),
                ('model_version', models.PositiveIntegerField(default=0, editable=False, help_text='Tells which shipped model it stands on; another release starts anew.')),
            ],
            options={
                'verbose_name': 'answer calibration',
                'ordering': ('-pk',),
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('state',), name='one_active_calibration'), models.CheckConstraint(condition=models.Q(('slope__gt', 0)), name='calibration_slope_is_positive')],
            },
        ),
    ]
