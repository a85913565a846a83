"""Load the demo's help center: one Markdown file an article in the folder beside this module."""

from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from knowledge.services import ingestion
from knowledge.services.ingestion import ImportedDocument, ImportReport

FOLDER = Path(__file__).parent / "articles"
SOURCE = "Fernway help center"


def load_articles(
    on_article: Callable[[], object] = lambda: None, on_batch: Callable[[int], object] = lambda count: None
) -> ImportReport:
    """Publish the articles and index them at once; doing it again changes only what changed.

    `on_article` is called after each stored article, `on_batch` with the number of articles just indexed.
    """
    report = ingestion.import_documents(documents=read_articles(), source_name=SOURCE, on_document=on_article)
    ingestion.index_waiting(on_batch=on_batch)
    return report


def read_articles() -> Iterator[ImportedDocument]:
    """Read every article, by file name: slug, title and section stand between two lines of `---`, then the text."""
    for path in sorted(FOLDER.glob("*.md")):
        _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
        facts = yaml.safe_load(front)
        yield ImportedDocument(
            external_id=facts["slug"],
            title=facts["title"],
            body=body,
            slug=facts["slug"],
            product=facts["section"],
        )
