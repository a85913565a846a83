"""Turn texts into vectors with the model of a retrieval profile."""

from collections.abc import Sequence

import numpy as np

from knowledge import selectors
from knowledge.errors import EmbeddingUnavailableError
from knowledge.models import ProfileSettings
from knowledge.services import embedding
from knowledge.services.embedding import Vectors
from supportai.core.errors import DomainError


def embed_with(profile: str, texts: Sequence[str], *, is_query: bool = False) -> Vectors:
    """Embed texts, in their order: (n, d) float32, L2-normalised.

    :param profile: The profile's store name; empty for the built-in model. It is looked up each time, so that a new
        API key counts at once and none stands in a pipeline.

    Raises:
        EmbeddingUnavailableError: the profile's endpoint failed.
    """
    if not profile:
        return embedding.embed(texts, is_query=is_query)
    settings = selectors.profile_of(profile)
    prefix = settings.query_prefix if is_query else settings.document_prefix
    return _from_endpoint(settings, [prefix + text for text in texts])


def _from_endpoint(settings: ProfileSettings, texts: Sequence[str]) -> Vectors:
    from integrations.services.embeddings import EmbeddingEndpoint, embed_texts

    endpoint = EmbeddingEndpoint(
        base_url=settings.base_url,
        api_key=settings.api_key,
        model=settings.model,
        dimensions=settings.dimensions,
        timeout_seconds=settings.timeout_seconds,
    )
    try:
        found = embed_texts(endpoint, texts) if texts else []
    except DomainError as exc:
        raise EmbeddingUnavailableError(f"{settings.model}: {exc.message}") from exc
    return _checked(found, len(texts), settings)


def _checked(found: Sequence[Sequence[float]], count: int, settings: ProfileSettings) -> Vectors:
    """Refuse vectors of another length at once: a store that held some of them would find nothing."""
    wanted = (count, settings.dimensions)
    lengths = {len(vector) for vector in found}
    if len(found) != count or lengths - {settings.dimensions}:
        text = (
            f"{settings.model} gave {len(found)} vectors of {sorted(lengths)} numbers, not {wanted[0]} of {wanted[1]}."
        )
        raise EmbeddingUnavailableError(text)
    vectors: Vectors = np.asarray(found, dtype=np.float32).reshape(wanted)
    if not np.isfinite(vectors).all():
        raise EmbeddingUnavailableError(f"{settings.model} gave vectors that hold no numbers.")
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit
