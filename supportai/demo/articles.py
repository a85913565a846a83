"""Publish the demo company's help articles, with their passages indexed."""

from collections.abc import Callable
from pathlib import Path

from knowledge.services.ingestion import ImportedDocument, ImportReport, import_documents, index_waiting

FOLDER = Path(__file__).parent / "articles"
SOURCE = "Fernway help center"


def load_articles(on_document: Callable[[], object] = lambda: None) -> ImportReport:
    """Publish every article of the folder and index what changed; doing it again changes nothing."""
    report = import_documents(
        documents=[read_article(path) for path in article_files()], source_name=SOURCE, on_document=on_document
    )
    index_waiting()
    return report


def article_files() -> list[Path]:
    """List the article files by name; the file's name is the article's slug."""
    return sorted(FOLDER.glob("*.md"))


def read_article(path: Path) -> ImportedDocument:
    """Read one article: its first line is the title as a Markdown heading, the rest its body.

    Raises:
        ValueError: the file does not begin with a heading.
    """
    first, _, body = path.read_text(encoding="utf-8").partition("\n")
    if not first.startswith("# "):
        raise ValueError(f"{path.name} must begin with a line such as: # Reset your password")
    return ImportedDocument(external_id=path.stem, slug=path.stem, title=first[2:].strip(), body=body.strip())
