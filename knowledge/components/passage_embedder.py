"""Give passages their vectors."""

from dataclasses import replace

from haystack import Document, component

from knowledge.services import embedding
from knowledge.services.embedders import embed_with


@component
class PassageEmbedder:
    """Embeds passages: the mean of a title vector and a vector of the text.

    A question's dot product with it is the mean of its cosines with both, which ranks better than either alone
    (docs/results.md); so these vectors are deliberately not of length 1.

    :param title_share: How much of the vector is the title's, from 0 to 1.
    :param profile: Store name of the retrieval profile; empty for the built-in model.
    """

    def __init__(self, title_share: float = 0.5, profile: str = "") -> None:
        self.title_share = title_share
        self.profile = profile

    def warm_up(self) -> None:
        """Load the built-in model."""
        if not self.profile:
            embedding.model()

    @component.output_types(documents=list[Document])
    def run(self, documents: list[Document]) -> dict[str, list[Document]]:
        """Embed passages; each title is embedded once.

        :param documents: With `title` and `heading` in `meta`.
        :returns: `documents`: copies with `embedding` set, in the same order.
        """
        titles = [title_text(document) for document in documents]
        unique = list(dict.fromkeys(titles))
        vectors = embed_with(self.profile, [*unique, *(document.content or "" for document in documents)])
        by_title = dict(zip(unique, vectors, strict=False))
        bodies = vectors[len(unique) :]
        return {
            "documents": [
                replace(document, embedding=self._mean(by_title[title], body).tolist())
                for document, title, body in zip(documents, titles, bodies, strict=True)
            ]
        }

    def _mean(self, title: embedding.Vectors, body: embedding.Vectors) -> embedding.Vectors:
        return self.title_share * title + (1 - self.title_share) * body


def title_text(document: Document) -> str:
    """Give what a passage's title vector stands for: the article's title and the headings above the passage."""
    parts = [str(document.meta.get(name) or "") for name in ("title", "heading")]
    return " › ".join(part for part in parts if part) or (document.content or "")[:200]
