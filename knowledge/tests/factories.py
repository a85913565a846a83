"""Rows of knowledge for tests."""

import factory
import numpy as np
from factory.django import DjangoModelFactory

from knowledge.models import Article, Observation, RetrievalProfile, Source, Suggestion
from knowledge.services import articles
from supportai.core.actors import SYSTEM


class SourceFactory(DjangoModelFactory):
    class Meta:
        model = Source

    name = factory.Sequence(lambda n: f"Source {n}")
    kind = Source.Kind.FILES


class DraftFactory(DjangoModelFactory):
    """An article without text."""

    class Meta:
        model = Article

    slug = factory.Sequence(lambda n: f"draft-{n}")
    title = factory.Sequence(lambda n: f"Draft {n}")


class SuggestionFactory(DjangoModelFactory):
    class Meta:
        model = Suggestion

    title = "Where is the export?"
    body = "Open **Reports** and choose Export."
    question = "Where is the export?"
    question_vector = factory.LazyFunction(lambda: np.ones(384, dtype=np.float32).tobytes())


class ObservationFactory(DjangoModelFactory):
    class Meta:
        model = Observation

    origin = factory.Sequence(lambda n: f"ticket:{n}:1")
    suggestion = factory.SubFactory(SuggestionFactory)
    question = "Where is the export?"
    answer = "Open Reports and choose Export."


class RetrievalProfileFactory(DjangoModelFactory):
    """An endpoint that was not built yet; a test that asks it brings its address."""

    class Meta:
        model = RetrievalProfile

    name = factory.Sequence(lambda n: f"Endpoint {n}")
    base_url = "http://127.0.0.1:9/v1"
    model = "text-embedding-3-small"
    dimensions = 64
    timeout_seconds = 2.0


def publish_text(title: str, body: str, **fields) -> Article:
    """Publish an article through the service, as everybody does."""
    return articles.create_article(title=title, body=body, actor=SYSTEM, is_published=True, **fields)
