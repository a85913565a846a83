from typing import Any

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models
from django.utils.text import slugify

import supportai.core.clock

ICONS = [
    ('book', 'Book'),
    ('card', 'Card'),
    ('clock', 'Clock'),
    ('code', 'Code'),
    ('data', 'Data'),
    ('device', 'Device'),
    ('folder', 'Folder'),
    ('link', 'Link'),
    ('lock', 'Lock'),
    ('page', 'Page'),
    ('people', 'People'),
    ('person', 'Person'),
]


def make_categories(apps: Any, _schema_editor: Any) -> None:
    """Give each section that articles name a category, so that the help center looks as before."""
    articles = apps.get_model('knowledge', 'Article').objects
    categories = apps.get_model('knowledge', 'Category').objects
    taken: set[str] = set()
    made: dict[str, Any] = {}
    for name in articles.exclude(product='').order_by('product').values_list('product', flat=True).distinct():
        category = made.get(name.lower())
        if category is None:
            base = slug = slugify(name)[:80].strip('-') or 'category'
            number = 1
            while slug in taken:
                number += 1
                slug = f'{base}-{number}'
            taken.add(slug)
            category = made[name.lower()] = categories.create(name=name, slug=slug)
        articles.filter(product=name).update(category=category)


def base_fields() -> list[tuple[str, Any]]:
    return [
        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
        ('created_at', models.DateTimeField(default=supportai.core.clock.now, editable=False)),
        ('updated_at', models.DateTimeField(default=supportai.core.clock.now, editable=False)),
    ]


class Migration(migrations.Migration):

    dependencies = [
        ('knowledge', '0004_gaps_and_hygiene'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Category',
            fields=[
                *base_fields(),
                ('name', models.CharField(max_length=80, unique=True)),
                ('slug', models.SlugField(help_text='The last part of its address in the help center.', max_length=90, unique=True)),
                ('description', models.CharField(blank=True, help_text='One line: what readers find here.', max_length=200)),
                ('icon', models.CharField(choices=ICONS, default='book', max_length=10)),
                ('position', models.PositiveIntegerField(default=100, help_text='Lower comes first; of equal ones the alphabet decides.')),
            ],
            options={'verbose_name_plural': 'categories', 'ordering': ('position', 'name')},
        ),
        migrations.AddField(
            model_name='article',
            name='category',
            field=models.ForeignKey(blank=True, help_text='Where it stands in the help center.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='articles', to='knowledge.category'),
        ),
        migrations.AddField(
            model_name='article',
            name='valid_until',
            field=models.DateField(blank=True, help_text='The last day on which it is true. From the next day on nobody reads it, and the AI agent never quotes it.', null=True),
        ),
        migrations.AddField(
            model_name='article',
            name='translation_of',
            field=models.ForeignKey(blank=True, help_text='The same page in the language that it was written in first.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='translations', to='knowledge.article'),
        ),
        migrations.AlterField(
            model_name='article',
            name='product',
            field=models.CharField(blank=True, help_text='Searches can be narrowed to it. It names the category where none is chosen.', max_length=80),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(condition=models.Q(('state', 'published'), ('valid_until__isnull', False)), fields=['valid_until'], name='article_ends'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=models.CheckConstraint(condition=models.Q(('translation_of', models.F('id')), _negated=True), name='article_is_no_translation_of_itself'),
        ),
        migrations.CreateModel(
            name='ArticleChange',
            fields=[
                *base_fields(),
                ('what', models.CharField(help_text='A past-tense phrase, such as: published revision 3.', max_length=500)),
                ('actor_kind', models.CharField(max_length=12)),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='knowledge.article')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-created_at', '-pk'),
                'indexes': [models.Index(fields=['article', '-created_at'], name='article_change_latest')],
            },
        ),
        migrations.CreateModel(
            name='ArticleFeedback',
            fields=[
                *base_fields(),
                ('visitor', models.CharField(max_length=64)),
                ('is_helpful', models.BooleanField(verbose_name='helped')),
                ('words', models.TextField(blank=True, max_length=1000, verbose_name='what was missing')),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='feedback', to='knowledge.article')),
                ('revision', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='knowledge.revision')),
            ],
            options={
                'verbose_name': 'feedback',
                'verbose_name_plural': 'feedback',
                'ordering': ('-updated_at',),
                'constraints': [models.UniqueConstraint(fields=('article', 'visitor'), name='feedback_one_vote_a_visitor')],
            },
        ),
        migrations.RunPython(make_categories, migrations.RunPython.noop),
    ]
