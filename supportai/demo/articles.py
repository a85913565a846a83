"""Load the demo's help center: one Markdown file an article in the folder beside this module."""

from collections.abc import Callable
from pathlib import Path

import yaml

from knowledge.documents import ImportedDocument
from knowledge.services import categories, importing, ingestion
from knowledge.services.importing import ImportReport

FOLDER = Path(__file__).parent / "articles"
SHELVES = Path(__file__).parent / "shelves.yaml"
SOURCE = "Fernway help center"


def load_articles(
    on_article: Callable[[], object] = lambda: None, on_batch: Callable[[int], object] = lambda count: None
) -> ImportReport:
    """Publish the articles and index them at once; doing it again changes only what changed.

    `on_article` is called after each stored article, `on_batch` with the number of articles just indexed.
    """
    for position, shelf in enumerate(yaml.safe_load(SHELVES.read_text(encoding="utf-8")), start=1):
        categories.put_category(position=position, **shelf)
    documents = [read_article(path) for path in sorted(FOLDER.glob("*.md"))]
    report = importing.import_documents(documents=documents, source_name=SOURCE, on_document=on_article)
    ingestion.index_waiting(on_batch=on_batch)
    return report


def read_article(path: Path) -> ImportedDocument:
    """Read one article: front matter (slug, title, section) between two lines of dashes, then the body.

    Raises:
        ValueError: the file has no front matter.
    """
    _, _, rest = path.read_text(encoding="utf-8").partition("---\n")
    head, mark, body = rest.partition("\n---\n")
    if not mark:
        raise ValueError(f"{path.name} must begin with front matter: ---, slug and title, ---")
    facts = yaml.safe_load(head)
    return ImportedDocument(
        external_id=facts["slug"],
        slug=facts["slug"],
        title=facts["title"],
        body=body.strip(),
        product=facts.get("section", ""),
    )
