"""The indexes behind a store's alias: their mapping, how one is made, switched to and removed."""

import re
from datetime import timedelta
from typing import Any

import structlog
from elasticsearch import BadRequestError, Elasticsearch, NotFoundError

from knowledge.stores.form import FORM
from supportai.core import clock

log = structlog.get_logger(__name__)

MAPPING_VERSION = FORM
# What a word in the title, in the headings and in the text counts in BM25; the same as in embedded.py.
WORD_FIELDS = ("words.title^2", "words.heading^1.5", "words.content")
WORDS = {"type": "text", "analyzer": "english"}
# What is only given back.
TEXT = {"type": "text", "index": False}
KEYWORD = {"type": "keyword", "ignore_above": 1024}
NUMBER = {"type": "long"}
MAPPING: dict[str, Any] = {
    "_meta": {"version": MAPPING_VERSION},
    # Dates stay texts: the first value that looks like one would make the field refuse all that do not.
    "date_detection": False,
    "dynamic_templates": [
        {"texts": {"match_mapping_type": "string", "mapping": KEYWORD}},
        {"numbers": {"match_mapping_type": "long", "mapping": {"type": "double"}}},
    ],
    # What is searched is made of what is given back (`spaced`), and needs not be given back itself.
    "_source": {"excludes": ["words"]},
    "properties": {
        "id": KEYWORD,
        "title": TEXT,
        "heading": TEXT,
        "content": TEXT,
        "words": {"properties": {"title": WORDS, "heading": WORDS, "content": WORDS}},
        # "flat" compares with every vector, so the order is exact as in the embedded store: 384 numbers for each of
        # 50,000 passages are some 20 million products. Our vectors are not of length 1 (see PassageEmbedder), which
        # "dot_product" would demand.
        "embedding": {
            "type": "dense_vector",
            "index": True,
            "similarity": "max_inner_product",
            "index_options": {"type": "flat"},
        },
        "blob": {"type": "object", "enabled": False},
        "audience": KEYWORD,
        "language": KEYWORD,
        "product": KEYWORD,
        "origin": KEYWORD,
        "article_id": NUMBER,
        "revision_id": NUMBER,
        "position": NUMBER,
        "start": NUMBER,
        "end": NUMBER,
    },
}
SETTINGS = {"number_of_shards": 1, "auto_expand_replicas": "0-1", "refresh_interval": "1s"}
ABANDONED = timedelta(days=1)
EXISTS = "resource_already_exists_exception"
INDEX_NAME = re.compile(r"-passages-v\d+-.+-\d+$")


class PassageIndexes:
    """The indexes of one alias: `<prefix>-passages-v<mapping version>-<name>-<n>`.

    :param alias: `<prefix>-passages`, or `<prefix>-passages-<name>`.
    """

    def __init__(self, alias: str) -> None:
        prefix, _passages, name = alias.rpartition("-passages")
        self.alias = alias
        self._stem = f"{prefix}-passages-v"
        self._name = name.removeprefix("-") or "local"

    @property
    def pattern(self) -> str:
        """Match all indexes of this alias, of every mapping version."""
        return f"{self._stem}*-{self._name}-*"

    def ensure(self, client: Elasticsearch) -> None:
        """Make the alias with an empty index when there is none; several processes may do so at once.

        The list of indexes is read before the alias is looked for: whoever finds another process's index in it finds
        its alias too, since both are made in one step; whoever does not tries the same number and is refused.
        """
        number = self._last_number(client) + 1
        if client.indices.exists_alias(name=self.alias):
            return
        try:
            self._create(client, number, aliases={self.alias: {}})
        except BadRequestError as exc:
            if exc.error != EXISTS:
                raise

    def create_beside(self, client: Elasticsearch) -> str:
        """Make an empty index that no search uses yet, and give its name."""
        self._remove_abandoned(client)
        while True:
            try:
                return self._create(client, self._last_number(client) + 1, aliases={})
            except BadRequestError as exc:
                if exc.error != EXISTS:
                    raise

    def switch(self, client: Elasticsearch, name: str) -> None:
        """Let the alias stand for that index alone, in one step, and remove those it stood for."""
        before = self.current(client)
        client.indices.update_aliases(
            actions=[
                {"remove": {"index": self.pattern, "alias": self.alias, "must_exist": False}},
                {"add": {"index": name, "alias": self.alias}},
            ]
        )
        self._delete(client, [other for other in before if other != name])

    def current(self, client: Elasticsearch) -> list[str]:
        """Name what the alias stands for: one index, or none."""
        try:
            return sorted(client.indices.get_alias(name=self.alias).body)
        except NotFoundError:
            return []

    def versions(self, client: Elasticsearch) -> set[int]:
        """Give the mapping versions behind the alias."""
        found = client.indices.get_mapping(index=self.alias).body
        return {entry["mappings"].get("_meta", {}).get("version", 0) for entry in found.values()}

    def remove_all(self, client: Elasticsearch) -> None:
        """Remove the alias with all its indexes."""
        self._delete(client, list(self._all(client)))

    def remove(self, client: Elasticsearch, name: str) -> None:
        """Remove one index."""
        self._delete(client, [name])

    def _create(self, client: Elasticsearch, number: int, aliases: dict[str, Any]) -> str:
        name = f"{self._stem}{MAPPING_VERSION}-{self._name}-{number}"
        client.indices.create(index=name, mappings=MAPPING, settings=SETTINGS, aliases=aliases)
        return name

    def _all(self, client: Elasticsearch) -> dict[str, Any]:
        found: dict[str, Any] = client.indices.get(
            index=self.pattern, features="aliases,settings", allow_no_indices=True, flat_settings=True
        ).body
        return found

    def _last_number(self, client: Elasticsearch) -> int:
        endings = (name.rpartition("-")[2] for name in self._all(client))
        return max((int(ending) for ending in endings if ending.isdigit()), default=0)

    def _remove_abandoned(self, client: Elasticsearch) -> None:
        """Remove what killed rebuilds have left; one that still runs is younger than this."""
        before = (clock.now() - ABANDONED).timestamp() * 1000
        self._delete(
            client,
            [
                name
                for name, entry in self._all(client).items()
                if not entry.get("aliases") and int(entry["settings"]["index.creation_date"]) < before
            ],
        )

    def _delete(self, client: Elasticsearch, names: list[str]) -> None:
        # By name: clusters refuse to delete by pattern.
        for name in names:
            client.indices.delete(index=name, ignore_unavailable=True)
            log.info("search.index_removed", index=name)


def is_index_name(path: str) -> bool:
    """Tell the name of an index from an alias."""
    return INDEX_NAME.search(path) is not None
