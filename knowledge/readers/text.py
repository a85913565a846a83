"""Text files as documents: Markdown, plain text and HTML, read by the child process."""

from pathlib import Path

from django.utils.text import slugify

from knowledge.documents import ImportedDocument
from knowledge.readers.apart import ask_one, title_of

MARKDOWN = frozenset({".md", ".markdown", ".mdx"})
TEXT = frozenset({".txt", ".text"})
HTML = frozenset({".html", ".htm", ".xhtml"})


def read_document(file: Path, name: str) -> ImportedDocument:
    """Read a file as one document whose id is `name`.

    Raises:
        UnreadableDocumentError: too large, empty, binary, in an encoding that cannot be told, or a title and nothing else.
    """
    suffix = file.suffix.lower()
    kind = "html" if suffix in HTML else "markdown" if suffix in MARKDOWN else "text"
    found = ask_one(kind, file)
    fields = found.get("fields", {})
    return ImportedDocument(
        external_id=name,
        title=found["title"] or title_of(name),
        body=found["body"],
        slug=slugify(fields.get("slug", "")),
        language=fields.get("language") or fields.get("lang") or "",
        product=fields.get("product") or fields.get("section") or fields.get("category") or "",
        note=found["note"],
    )
