"""Documents on their way from a source into the knowledge base: what a reader found, or why it found nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedDocument:
    """One document of a source: its id there, its title and its Markdown text.

    An empty `language`, `product` or `content_hash` is filled in from the source or from the text; `note` is what the
    person who imports should know, such as pages that could not be read.
    """

    external_id: str
    title: str
    body: str
    slug: str = ""
    language: str = ""
    product: str = ""
    note: str = ""
    content_hash: str = ""
    etag: str = ""
    last_modified: str = ""
    links: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ImportFailure:
    """A document that was not imported, and why, for the person who imports.

    `is_part` marks a row of a file that holds many documents: which of them it was is not known.
    """

    document: str
    reason: str
    is_part: bool = False


Read = ImportedDocument | ImportFailure
