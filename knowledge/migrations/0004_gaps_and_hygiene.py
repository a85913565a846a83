import django.db.models.deletion
import supportai.core.clock
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('knowledge', '0003_sources'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Gap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('created_at', models.DateTimeField(default=supportai.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=supportai.core.clock.now, editable=False)),
                ('title', models.CharField(max_length=300, verbose_name='suggested title')),
                ('state', models.CharField(choices=[('open', 'Open'), ('planned', 'Planned'), ('covered', 'Covered'), ('dismissed', 'Dismissed')], default='open', max_length=10)),
                ('language', models.CharField(default='en', max_length=10)),
                ('vector_sum', models.BinaryField()),
                ('question_count', models.PositiveIntegerField(default=0, editable=False, verbose_name='times asked')),
                ('first_asked_at', models.DateTimeField(editable=False)),
                ('last_asked_at', models.DateTimeField(editable=False)),
                ('covered_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('reopened_at', models.DateTimeField(blank=True, editable=False, help_text='It was asked again since.', null=True)),
                ('is_title_edited', models.BooleanField(default=False, editable=False, help_text='Off: its questions choose the title.')),
                ('wants_check', models.BooleanField(default=False, editable=False, help_text='Articles changed since it was checked.')),
                ('checked_at', models.DateTimeField(default=supportai.core.clock.now, editable=False, help_text='When its questions were asked again.')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='why it was dismissed')),
                ('article', models.ForeignKey(blank=True, help_text='The article that answers most of its questions now.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='covered_gaps', to='knowledge.article')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-question_count', '-last_asked_at'),
            },
        ),
        migrations.CreateModel(
            name='GapQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('created_at', models.DateTimeField(default=supportai.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=supportai.core.clock.now, editable=False)),
                ('origin', models.CharField(max_length=200, unique=True)),
                ('kind', models.CharField(choices=[('handed_off', 'The AI agent handed it to a person'), ('person_answered', 'A person answered it, no article did'), ('searched', 'Searched in the help center')], max_length=16)),
                ('text', models.TextField()),
                ('vector', models.BinaryField(help_text='384 float32.')),
                ('probability', models.FloatField(blank=True, help_text='How likely the best passages answered it when it was asked, from 0 to 1.', null=True)),
                ('asked_at', models.DateTimeField()),
                ('contact', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.contact')),
                ('gap', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='questions', to='knowledge.gap')),
                ('organization', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.organization')),
            ],
            options={
                'ordering': ('-asked_at',),
            },
        ),
        migrations.CreateModel(
            name='HygieneCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('created_at', models.DateTimeField(default=supportai.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=supportai.core.clock.now, editable=False)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='waiting', max_length=8)),
                ('total', models.PositiveIntegerField(default=0, help_text='Passages to compare.')),
                ('done', models.PositiveIntegerField(default=0)),
                ('found', models.PositiveIntegerField(default=0, help_text='Findings that were not known before.')),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('failure', models.CharField(blank=True, max_length=500)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('started_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-created_at',),
            },
        ),
        migrations.CreateModel(
            name='AnswerUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('created_at', models.DateTimeField(default=supportai.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=supportai.core.clock.now, editable=False)),
                ('origin', models.CharField(max_length=200)),
                ('subject', models.CharField(blank=True, help_text='Of the ticket, without personal data.', max_length=200)),
                ('ending', models.CharField(choices=[('open', 'Not over yet'), ('verified', 'Verified'), ('confirmed', 'Confirmed'), ('assumed', 'Assumed'), ('returned', 'Came back'), ('handed_off', 'Went to a person'), ('abandoned', 'Abandoned')], default='open', max_length=10)),
                ('rating', models.PositiveSmallIntegerField(blank=True, help_text='1 (bad) to 5 (good).', null=True)),
                ('answered_at', models.DateTimeField()),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='knowledge.article')),
            ],
            options={
                'ordering': ('-answered_at',),
                'indexes': [models.Index(fields=['article', 'answered_at'], name='answer_use_by_time'), models.Index(fields=['origin'], name='answer_use_by_origin')],
                'constraints': [models.UniqueConstraint(fields=('article', 'origin'), name='answer_use_unique_in_article'), models.CheckConstraint(condition=models.Q(('rating__isnull', True), models.Q(('rating__gte', 1), ('rating__lte', 5)), _connector='OR'), name='answer_use_rating_from_1_to_5')],
            },
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('created_at', models.DateTimeField(default=supportai.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=supportai.core.clock.now, editable=False)),
                ('kind', models.CharField(choices=[('duplicate', 'Says the same twice'), ('stale', 'May be out of date'), ('contradiction', 'Two articles disagree')], max_length=14)),
                ('state', models.CharField(choices=[('open', 'Open'), ('dismissed', 'Dismissed'), ('done', 'Done')], default='open', max_length=10)),
                ('fingerprint', models.CharField(editable=False, max_length=64, unique=True)),
                ('why', models.CharField(max_length=300, verbose_name='what was found')),
                ('heading', models.CharField(blank=True, max_length=500)),
                ('other_heading', models.CharField(blank=True, max_length=500)),
                ('quote', models.TextField(blank=True)),
                ('other_quote', models.TextField(blank=True)),
                ('score', models.FloatField(help_text='How sure the check is, from 0 to 1; orders the list.')),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='knowledge.article')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('other', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.article')),
            ],
            options={
                'ordering': ('-score', '-created_at'),
                'indexes': [models.Index(fields=['state', 'kind'], name='finding_by_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='finding_decided_at_iff_decided')],
            },
        ),
        migrations.AddIndex(
            model_name='gap',
            index=models.Index(fields=['state', '-question_count'], name='gap_by_state'),
        ),
        migrations.AddIndex(
            model_name='gap',
            index=models.Index(condition=models.Q(('wants_check', True)), fields=['checked_at'], name='gap_waits_for_check'),
        ),
        migrations.AddConstraint(
            model_name='gap',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('covered_at__isnull', False), ('state', 'covered')), models.Q(models.Q(('state', 'covered'), _negated=True), ('covered_at__isnull', True)), _connector='OR'), name='gap_covered_at_iff_covered'),
        ),
        migrations.AddConstraint(
            model_name='gap',
            constraint=models.CheckConstraint(condition=models.Q(('first_asked_at__lte', models.F('last_asked_at'))), name='gap_first_asked_before_last'),
        ),
        migrations.AddIndex(
            model_name='gapquestion',
            index=models.Index(fields=['gap', 'asked_at'], name='gap_question_by_time'),
        ),
        migrations.AddIndex(
            model_name='gapquestion',
            index=models.Index(fields=['kind', 'asked_at'], name='gap_question_by_kind'),
        ),
        migrations.AddConstraint(
            model_name='hygienecheck',
            constraint=models.UniqueConstraint(models.Value(1), condition=models.Q(('state__in', ['waiting', 'running'])), name='one_unfinished_hygiene_check'),
        ),
    ]
