"""Give passages their vectors."""

from dataclasses import replace

from haystack import Document, component

from knowledge.passage_texts import TITLE_SHARE, title_text, whole_text
from knowledge.services import embedding
from knowledge.services.embedders import embed_with


@component
class PassageEmbedder:
    """Embeds passages: a little of a title vector, and the vector of the passage with its title and headings.

    A question's dot product with it is the weighted mean of its cosines with both, which ranks better than either alone
    (docs/results.md); so these vectors are deliberately not of length 1.

    :param title_share: How much of the vector is the title's, from 0 to 1.
    :param profile: Store name of the retrieval profile; empty for the built-in model.
    """

    def __init__(self, title_share: float = TITLE_SHARE, profile: str = "") -> None:
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
        parts = [_parts(document) for document in documents]
        titles = [title_text(*part) for part in parts]
        unique = list(dict.fromkeys(titles))
        vectors = embed_with(self.profile, [*unique, *(whole_text(*part) for part in parts)])
        by_title = dict(zip(unique, vectors, strict=False))
        return {
            "documents": [
                replace(document, embedding=self._mean(by_title[title], whole).tolist())
                for document, title, whole in zip(documents, titles, vectors[len(unique) :], strict=True)
            ]
        }

    def _mean(self, title: embedding.Vectors, whole: embedding.Vectors) -> embedding.Vectors:
        return self.title_share * title + (1 - self.title_share) * whole


def _parts(document: Document) -> tuple[str, str, str]:
    """Give title, headings and text."""
    return str(document.meta.get("title") or ""), str(document.meta.get("heading") or ""), document.content or ""
