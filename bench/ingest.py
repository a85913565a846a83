"""How fast documents become searchable: stored, cut, embedded and written, beside the embedding of the same texts alone.

python bench/ingest.py                       600 passages of about 100 tokens, in the store in use (ELASTICSEARCH_URL)
python bench/ingest.py --passages 2000

The texts are made up of the demo's sentences. Each document has ten sections; each section becomes a passage.
"""

import os
import random
import re
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.harness import begin, options_of  # noqa: E402 - needs the path
from bench.report import Table, show, write_json  # noqa: E402 - needs the path

if TYPE_CHECKING:
    from knowledge.documents import ImportedDocument

EMBEDDING = "embedding of the same passages alone"
TOKENS, SECTIONS = 100, 10
UNIT, CPU_UNIT = "passages per s", "passages per CPU s"


def setup(folder: str, kind: str) -> None:
    """Load Django with an empty data folder and its tables, in this process; the store is of a kind."""
    os.environ.update(DJANGO_SETTINGS_MODULE="bench.settings", DATA_DIR=folder, LOG_LEVEL="WARNING")
    os.environ["SUPPORTAI_ELASTICSEARCH_PREFIX"] = f"bench-{uuid.uuid4().hex[:8]}"
    for name in ("DATABASE_URL", "REDIS_URL", *([] if kind == "elasticsearch" else ["ELASTICSEARCH_URL"])):
        os.environ.pop(name, None)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def documents(passages: int) -> "list[ImportedDocument]":
    """Make documents whose sections have about as many tokens as asked for."""
    import tokenizers

    from knowledge.documents import ImportedDocument
    from knowledge.services.embedding import model_folder
    from supportai.demo.articles import FOLDER

    dice, tokenizer = random.Random(7), tokenizers.Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    texts = [path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))]
    sentences = [" ".join(s.split()) for text in texts for s in re.split(r"(?<=[.!?])\s+", text) if s.count(" ") > 3]  # noqa: PLR2004 - no headings
    found = []
    for number in range(-(-passages // SECTIONS)):
        sections = []
        for section in range(min(SECTIONS, passages - number * SECTIONS)):
            words = f"Step {number}-{section}."
            while len(tokenizer.encode(words).ids) < TOKENS - 10:
                words += f" {dice.choice(sentences)}"
            sections.append(f"## Section {section}\n\n{words}")
        found.append(
            ImportedDocument(external_id=f"{number}.md", title=f"Document {number}", body="\n\n".join(sections))
        )
    return found


def measure(kind: str, made: "list[ImportedDocument]") -> Table:
    """Import and index everything once, then embed the same passages alone."""
    from knowledge.models import Passage
    from knowledge.services import embedding, ingestion
    from knowledge.services.importing import import_documents
    from knowledge.stores import document_store

    embedding.embed(["warm"])
    document_store()  # imports Haystack, which takes most of a second
    started, cpu = time.perf_counter(), time.process_time()
    import_documents(documents=made, source_name="Bench")
    stored = time.perf_counter()
    ingestion.index_waiting()
    whole, cpu = time.perf_counter() - started, time.process_time() - cpu
    count = Passage.objects.count()
    found = document_store().count_documents()
    if count != found:
        raise SystemExit(f"{count} passages were cut, {found} are in the store.")
    texts = list(Passage.objects.values_list("body", flat=True))
    alone, alone_cpu = time.perf_counter(), time.process_time()
    embedding.embed(texts)
    alone, alone_cpu = time.perf_counter() - alone, time.process_time() - alone_cpu
    tokens = sum(len(entry.ids) for entry in embedding.model()._tokenizer.encode_batch(texts)) / count
    table = Table(f"{count:,} passages of {tokens:.0f} tokens become searchable in {kind}")
    table.rate(EMBEDDING, count / alone, unit=UNIT)
    table.rate("whole import: stored, cut, embedded, written", count / whole, unit=UNIT, against=EMBEDDING)
    table.rate("of it, indexing", count / (whole - (stored - started)), unit=UNIT, against=EMBEDDING)
    table.rate(f"{EMBEDDING}, both cores' time", count / alone_cpu, unit=CPU_UNIT)
    table.rate("whole import, both cores' time", count / cpu, unit=CPU_UNIT, against=f"{EMBEDDING}, both cores' time")
    table.rate("documents stored", len(made) / (stored - started), unit="documents per s")
    return table


def main() -> None:
    """Measure the store that the environment names."""
    parser = options_of(__doc__, shapes=False)
    parser.add_argument("--passages", type=int, default=600)
    parser.add_argument("--store", choices=["sqlite", "elasticsearch"], help="by default what ELASTICSEARCH_URL means")
    options = begin(parser)
    kind = options.store or ("elasticsearch" if os.environ.get("ELASTICSEARCH_URL") else "sqlite")
    with tempfile.TemporaryDirectory(prefix="supportai-bench-") as folder:
        setup(folder, kind)
        from knowledge.stores import document_store

        try:
            table = show(measure(kind, documents(options.passages)))
        finally:
            document_store().drop()
    write_json(options.json, "ingest", [table])


if __name__ == "__main__":
    main()
