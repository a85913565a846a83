"""A search for passages, in the embedded store and in Elasticsearch, beside the embedding of the question alone.

python bench/retrieval.py                         250 and 20,000 passages; Elasticsearch when ELASTICSEARCH_URL is set
python bench/retrieval.py --passages 1000
python bench/retrieval.py --evaluations DIR...    texts and questions of folders in the form of `evaluate retrieval`

Passages are made up of the demo's sentences, or cut from the folders' texts, and have random vectors: that costs a search
as much as real ones, and filling takes seconds instead of minutes. Questions of a folder come with what was said before.
"""

import json
import os
import random
import re
import sys
import tempfile
import time
import urllib.request
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.harness import begin, options_of  # noqa: E402 - needs the path
from bench.report import Table, show, write_json  # noqa: E402 - needs the path

if TYPE_CHECKING:
    from knowledge.stores.protocol import PassageStore
    from knowledge.turns import WeightedText

EMBEDDING = "embedding of the question alone"
WORDS = 60
BATCH = 1000
STAFF_ONLY_SHARE = 0.1
CANDIDATES = 60
# A node that has just started compiles its code while it answers.
WARM_UP = 50
PUBLIC = {"operator": "AND", "conditions": [{"field": "meta.audience", "operator": "==", "value": "public"}]}


def setup(folder: str) -> None:
    """Load Django with an empty data folder, in this process."""
    os.environ.update(DJANGO_SETTINGS_MODULE="bench.settings", DATA_DIR=folder, LOG_LEVEL="WARNING")
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    import django

    django.setup()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the customer's turns before it."""

    text: str
    history: tuple[str, ...] = ()


def questions() -> list[Asked]:
    """Give the demo's phrases, in an order of their own."""
    from supportai.demo.configuration import read_yaml

    phrases = [line.strip() for row in read_yaml("intents.yaml") for line in row["examples"].splitlines()]
    found = [phrase for phrase in phrases if phrase]
    random.Random(7).shuffle(found)
    return [Asked(phrase) for phrase in found]


def questions_of(folders: Sequence[Path]) -> list[Asked]:
    """Give the development questions of evaluation folders, mixed."""
    from knowledge.evaluation import read_questions

    found = [Asked(q.text, q.history) for folder in folders for q in read_questions(folder / "dev.jsonl")]
    random.Random(7).shuffle(found)
    return found


def sentences_of(texts: Iterable[str]) -> list[str]:
    """Cut texts into what passages are made of."""
    return [sentence for text in texts for sentence in re.split(r"(?<=[.!?])\s+", text) if sentence]


def demo_sentences() -> list[str]:
    """Cut the demo's articles."""
    from supportai.demo.articles import FOLDER

    return sentences_of(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md")))


def evaluation_sentences(folders: Sequence[Path]) -> list[str]:
    """Cut the texts of evaluation folders."""
    from knowledge.evaluation import read_rows

    return sentences_of(str(row["text"]) for folder in folders for row in read_rows(folder / "corpus.jsonl"))


def fill(store: "PassageStore", number: int, sentences: Sequence[str]) -> None:
    """Write made-up passages."""
    import numpy as np
    from haystack import Document

    from knowledge.services.embedding import DIMENSIONS

    dice, numbers = random.Random(7), np.random.default_rng(7)
    for first in range(0, number, BATCH):
        vectors = numbers.standard_normal((min(BATCH, number - first), DIMENSIONS)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        store.write_documents([_passage(Document, dice, sentences, vector.tolist()) for vector in vectors])


def _passage(document: Any, dice: random.Random, sentences: Sequence[str], vector: list[float]) -> Any:
    text = ""
    while text.count(" ") < WORDS:
        text += dice.choice(sentences) + " "
    title = " ".join(dice.choice(sentences).split()[:6])
    audience = "staff" if dice.random() < STAFF_ONLY_SHARE else "public"
    return document(
        id=str(uuid.uuid4()),
        content=text,
        embedding=vector,
        meta={"title": title, "heading": "", "audience": audience, "language": "en"},
    )


@contextmanager
def opened(kind: str, folder: str) -> Iterator["PassageStore"]:
    """Give an empty store of a kind, removed at the end."""
    from knowledge.stores import document_store

    name = f"bench-{uuid.uuid4().hex[:8]}-passages"
    store = document_store(name if kind == "elasticsearch" else f"{folder}/{name}.sqlite3", kind=kind)
    try:
        yield store
    finally:
        store.drop()


def raw_words(store: "PassageStore") -> Callable[[str], object]:
    """Give the yardstick of the search for words: the engine's own query, past our code."""
    if store.kind == "elasticsearch":
        address = f"{os.environ['ELASTICSEARCH_URL'].rstrip('/')}/{store.path}/_search"

        def ask(question: str) -> object:
            query = {"size": CANDIDATES, "_source": ["content"], "query": {"match": {"words.content": question}}}
            request = urllib.request.Request(address, json.dumps(query).encode(), {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)

        return ask
    import sqlite3

    from knowledge.stores.embedded import match_expression
    from knowledge.stores.words import query_words

    connection = sqlite3.connect(store.path)
    sql = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?"
    return lambda question: connection.execute(sql, (match_expression(query_words(question)), CANDIDATES)).fetchall()


def texts_of(question: Asked) -> "list[WeightedText]":
    """Give what is searched for."""
    from knowledge.turns import weighted_texts

    return weighted_texts(question.text, question.history)


def measure(store: "PassageStore", number: int, asked: Sequence[Asked]) -> Table:
    """Ask every question of every part, part by part, so that a busy moment hits all alike."""
    from knowledge.pipelines.retrieve import RetrievalSettings, find
    from knowledge.services.embedding import embed

    settings = RetrievalSettings(store_kind=store.kind, store_path=store.path)
    words = raw_words(store)
    vector: list[float] = []
    engine = "Elasticsearch" if store.kind == "elasticsearch" else "FTS5"
    parts: dict[str, Callable[[Asked], object]] = {
        EMBEDDING: lambda question: embed([t.text for t in texts_of(question)], is_query=True),
        f"raw {engine} query for the words": lambda question: words(question.text),
        "store, by words": lambda question: store.lexical_hits(
            texts_of(question), filters=PUBLIC, top_k=settings.candidates
        ),
        "store, by meaning": lambda _question: store.dense_hits(vector, filters=PUBLIC, top_k=settings.candidates),
        "whole search": lambda q: find(query=q.text, history=q.history, filters=PUBLIC, settings=settings),
    }
    times: dict[str, list[float]] = defaultdict(list)
    for turn, question in enumerate([*asked[:WARM_UP], *asked]):
        vector = embed([question.text])[0].tolist()
        for name, part in parts.items():
            started = time.perf_counter()
            part(question)
            if turn >= WARM_UP:
                times[name].append(time.perf_counter() - started)
    table = Table(f"Search among {number:,} passages in {store.kind}")
    for name, seconds in times.items():
        table.times(name, seconds, against="" if name == EMBEDDING else EMBEDDING)
    return table


def memory(kind: str, path: str, folder: str, asked: Sequence[Asked]) -> float:
    """Give the megabytes that a process holds which has answered these questions and done nothing else."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_resident, kind, path, folder, asked).result()


def _resident(kind: str, path: str, folder: str, asked: Sequence[Asked]) -> float:
    setup(folder)
    from knowledge.pipelines.retrieve import RetrievalSettings, find

    settings = RetrievalSettings(store_kind=kind, store_path=path)
    for question in asked:
        find(query=question.text, history=question.history, filters=PUBLIC, settings=settings)
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def main() -> None:
    """Measure each store at each size."""
    parser = options_of(__doc__, shapes=False)
    parser.add_argument("--passages", type=int, nargs="+", default=[250, 20_000])
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--evaluations", type=Path, nargs="+", metavar="DIR", default=[])
    options = begin(parser)
    found = []
    with tempfile.TemporaryDirectory(prefix="supportai-bench-") as folder:
        setup(folder)
        asked = questions_of(options.evaluations) if options.evaluations else questions()
        sentences = evaluation_sentences(options.evaluations) if options.evaluations else demo_sentences()
        kinds = ["sqlite", *(["elasticsearch"] if os.environ.get("ELASTICSEARCH_URL") else [])]
        if len(kinds) == 1:
            print("Without Elasticsearch: set ELASTICSEARCH_URL to measure it too.\n", file=sys.stderr)
        for kind in kinds:
            for number in options.passages:
                with opened(kind, folder) as store:
                    started = time.perf_counter()
                    fill(store, number, sentences)
                    written = number / (time.perf_counter() - started)
                    table = measure(store, number, asked[: options.questions])
                    table.rate("written, made-up vectors", written, unit="passages per s")
                    held = memory(kind, store.path, folder, asked[: options.questions])
                    table.rate("a process that only searches holds", held, unit="MB")
                    found.append(show(table))
    write_json(options.json, "retrieval", found)


if __name__ == "__main__":
    main()
