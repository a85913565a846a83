"""Passages: rows of ours, and their copies with vectors in a document store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from knowledge import selectors
from knowledge.models import Article, Passage
from knowledge.stores import document_store, kind_for, place_of

if TYPE_CHECKING:
    from haystack import Document

    from knowledge.pipelines.ingest import IngestSettings
    from knowledge.stores.protocol import PassageStore

BATCH = 32


@dataclass(frozen=True, slots=True)
class Target:
    """A document store and the retrieval profile whose vectors go there; an empty one is the built-in model's."""

    store: "PassageStore"
    profile: str = ""

    @property
    def settings(self) -> "IngestSettings":
        """Give the settings of the pipelines that write there."""
        from knowledge.pipelines.ingest import IngestSettings

        return IngestSettings(profile=self.profile, store_kind=self.store.kind, store_path=self.store.path)


def product_target() -> Target:
    """Give the store that customers' questions are searched in now."""
    return target_of(selectors.active_profile().store_name)


def target_of(profile: str) -> Target:
    """Give the store of a profile."""
    kind = kind_for()
    return Target(document_store(place_of(kind, profile), kind=kind), profile)


def follow(found: Sequence[Article], target: Target) -> None:
    """Bring the store to what these articles are: write what is published, forget the rest."""
    kept = write_passages([article for article in found if article.is_published], target)
    known = Passage.objects.filter(revision__article__in=found).values_list("public_id", flat=True)
    target.store.delete_documents([str(id_) for id_ in known if str(id_) not in kept])


def write_passages(live: Sequence[Article], target: Target, *, is_split_again: bool = False) -> set[str]:
    """Write the passages of published articles to the store, cutting texts that were not cut yet; give their ids."""
    from knowledge.pipelines.ingest import ingest_pipeline, store_pipeline
    from knowledge.pipelines.running import run

    if not live:
        return set()
    rows = {} if is_split_again else _rows(live)
    uncut = [article for article in live if not rows.get(_revision_id(article))]
    pieces = [_piece(article, passage) for article in live for passage in rows.get(_revision_id(article), ())]
    if pieces:
        run(store_pipeline(target.settings), {"embedder": {"documents": pieces}})
    if uncut:
        inputs = {"splitter": {"documents": [_whole(article) for article in uncut]}}
        fresh = run(ingest_pipeline(target.settings), inputs, {"splitter"})["splitter"]["documents"]
        _store_rows(fresh, replaced=[_revision_id(article) for article in uncut] if is_split_again else ())
        pieces += fresh
    return {piece.id for piece in pieces}


def _rows(live: Sequence[Article]) -> dict[int, list[Passage]]:
    by_revision: dict[int, list[Passage]] = {}
    for passage in Passage.objects.filter(revision__in=[_revision_id(a) for a in live]).order_by("position"):
        by_revision.setdefault(passage.revision_id, []).append(passage)
    return by_revision


def _revision_id(article: Article) -> int:
    assert article.current_revision_id is not None  # published articles have one, by constraint
    return article.current_revision_id


@transaction.atomic
def _store_rows(pieces: Sequence["Document"], replaced: Sequence[int]) -> None:
    """Store cut pieces as rows, in place of those of some revisions; another process may have stored the same ones."""
    Passage.objects.filter(revision__in=replaced).delete()
    rows = [
        Passage(
            public_id=piece.id,
            revision_id=piece.meta["revision_id"],
            position=piece.meta["position"],
            heading=piece.meta["heading"],
            body=piece.content or "",
            start=piece.meta["start"],
            end=piece.meta["end"],
        )
        for piece in pieces
    ]
    Passage.objects.bulk_create(rows, ignore_conflicts=True, batch_size=200)


def _whole(article: Article) -> "Document":
    from haystack import Document

    revision = article.current_revision
    assert revision is not None
    return Document(id=str(revision.public_id), content=revision.body, meta=_meta(article))


def _piece(article: Article, passage: Passage) -> "Document":
    from haystack import Document

    meta = {
        **_meta(article),
        "heading": passage.heading,
        "position": passage.position,
        "start": passage.start,
        "end": passage.end,
    }
    return Document(id=str(passage.public_id), content=passage.body, meta=meta)


def _meta(article: Article) -> dict[str, Any]:
    return {
        "article_id": article.pk,
        "revision_id": article.current_revision_id,
        "title": article.title,
        "audience": article.audience,
        "language": article.language,
        "product": article.product,
        "origin": article.origin,
        # A day's number, since both stores compare numbers; missing where an article has no end.
        **({"ends": article.valid_until.toordinal()} if article.valid_until else {}),
    }
