"""What only the store in Elasticsearch has: aliases, versions, several processes, a cluster that is down."""

import base64
import json
import logging
import multiprocessing
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from haystack import Document
from haystack.document_stores.types import DuplicatePolicy

from knowledge.errors import SearchUnavailableError
from knowledge.stores import document_store, elastic_client, elastic_index, kind_for, place_of
from knowledge.stores.elastic import ElasticPassageStore, _dot_product
from knowledge.stores.elastic_client import client_for
from knowledge.stores.elastic_filters import to_query
from knowledge.stores.elastic_index import PassageIndexes, is_index_name
from knowledge.turns import WeightedText
from supportai.core import clock

live = pytest.mark.live("ELASTICSEARCH_URL")
SECRET = "my card is 4111 1111 1111 1111"


@pytest.fixture
def prefix(settings):
    return settings.ELASTICSEARCH_PREFIX


@pytest.fixture
def client(settings):
    return client_for(settings.ELASTICSEARCH_URL)


@pytest.fixture
def elastic(settings, prefix):
    """Give a store whose indexes are removed after the test."""
    store = ElasticPassageStore(path=f"{prefix}-elastic-passages")
    yield store
    store.drop()


def write(store, *ids):
    documents = [Document(id=id_, content="some words", embedding=[1.0, 0.0]) for id_ in ids]
    store.write_documents(documents, policy=DuplicatePolicy.OVERWRITE)


def indexes_of(store, client):
    return PassageIndexes(store.path).current(client)


class TestNames:
    def test_an_index_is_named_by_prefix_version_profile_and_number(self):
        assert PassageIndexes("acme-passages").pattern == "acme-passages-v*-local-*"
        assert PassageIndexes("acme-passages-profile-3").pattern == "acme-passages-v*-profile-3-*"

    def test_indexes_are_told_from_aliases(self):
        assert is_index_name("acme-passages-v1-local-12")
        assert is_index_name("acme-passages-v2-profile-3-1")
        assert not is_index_name("acme-passages")
        assert not is_index_name("acme-passages-profile-3")
        assert not is_index_name("acme-passages-evaluate-0a1b2c3d")


@live
class TestIndexes:
    def test_the_first_use_makes_an_alias_with_one_index_and_our_mapping(self, elastic, client):
        assert elastic.count_documents() == 0
        [name] = indexes_of(elastic, client)
        assert name == f"{elastic.path}-v{elastic_index.MAPPING_VERSION}-local-1"
        fields = client.indices.get_mapping(index=name).body[name]["mappings"]["properties"]
        assert fields["words"]["properties"]["content"] == {"type": "text", "analyzer": "english"}
        assert fields["audience"]["type"] == "keyword"
        assert fields["embedding"]["similarity"] == "max_inner_product"

    def test_many_first_uses_at_once_make_one_index(self, elastic, client):
        stores = [ElasticPassageStore(path=elastic.path) for _ in range(6)]
        start, errors = threading.Barrier(6), []

        def use(store, number):
            start.wait()
            try:
                write(store, str(number))
            except Exception as exc:  # noqa: BLE001 - a thread's failure has to reach the assertion
                errors.append(exc)

        threads = [threading.Thread(target=use, args=(store, n)) for n, store in enumerate(stores)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert len(indexes_of(elastic, client)) == 1
        assert elastic.count_documents() == 6

    def test_an_index_that_somebody_removed_is_made_again_by_writes_and_searches(self, elastic, client):
        write(elastic, "a")
        client.indices.delete(index=indexes_of(elastic, client)[0])
        assert elastic.dense_hits([1.0, 0.0]) == {}
        client.indices.delete(index=indexes_of(elastic, client)[0])
        assert elastic.hits([1.0, 0.0], [WeightedText("export", 1.0)]) == ({}, {})
        client.indices.delete(index=indexes_of(elastic, client)[0])
        write(elastic, "b")
        assert elastic.document_ids() == ["b"]
        assert is_index_name(indexes_of(elastic, client)[0])

    def test_a_rebuild_switches_the_alias_and_removes_the_old_index(self, elastic, client):
        write(elastic, "a", "b")
        before = indexes_of(elastic, client)
        with elastic.rebuilding() as target:
            write(target, "a")
            assert indexes_of(elastic, client) == before
        after = indexes_of(elastic, client)
        assert after != before
        assert len(after) == 1
        assert not client.indices.exists(index=before[0])
        assert elastic.document_ids() == ["a"]

    def test_a_rebuild_that_breaks_leaves_no_index_behind(self, elastic, client):
        write(elastic, "a")
        with pytest.raises(RuntimeError), elastic.rebuilding() as target:
            raise RuntimeError("broken")
        assert not client.indices.exists(index=target.path)
        assert elastic.document_ids() == ["a"]

    def test_of_two_rebuilds_at_once_the_last_to_end_stays(self, elastic, client):
        with elastic.rebuilding() as first:
            write(first, "first")
            with elastic.rebuilding() as second:
                write(second, "second")
            assert elastic.document_ids() == ["second"]
        assert elastic.document_ids() == ["first"]
        assert len(indexes_of(elastic, client)) == 1

    def test_what_a_killed_rebuild_left_is_removed_after_a_day(self, elastic, client):
        write(elastic, "a")
        left = PassageIndexes(elastic.path).create_beside(client)
        with elastic.rebuilding() as target:
            write(target, "a")
        assert client.indices.exists(index=left)
        with clock.moved(elastic_index.ABANDONED * 2), elastic.rebuilding() as target:
            write(target, "a")
        assert not client.indices.exists(index=left)
        assert elastic.document_ids() == ["a"]

    def test_an_index_of_an_older_mapping_is_noticed_and_replaced_by_a_rebuild(self, elastic, client, monkeypatch):
        write(elastic, "a")
        assert not elastic.is_outdated()
        monkeypatch.setattr("knowledge.stores.elastic.MAPPING_VERSION", elastic_index.MAPPING_VERSION + 1)
        assert elastic.is_outdated()
        assert elastic.document_ids() == ["a"]

    def test_more_ids_than_a_page_are_all_given(self, elastic, monkeypatch):
        monkeypatch.setattr("knowledge.stores.elastic.PAGE", 2)
        write(elastic, "e", "b", "a", "d", "c")
        assert elastic.document_ids() == ["a", "b", "c", "d", "e"]
        assert elastic.delete_by_filter({}) == 5

    def test_processes_share_one_index(self, elastic, settings):
        context = multiprocessing.get_context("spawn")
        given = (settings.ELASTICSEARCH_URL, elastic.path)
        processes = [context.Process(target=_write_many, args=(*given, p)) for p in "ab"]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert [p.exitcode for p in processes] == [0, 0]
        assert elastic.count_documents() == 20
        assert len(elastic.dense_hits([1.0, 0.0], top_k=100)) == 20

    def test_a_document_that_the_index_refuses_is_an_error_without_its_text(self, elastic):
        write(elastic, "a")
        odd = Document(id="b", content=SECRET, embedding=[1.0, 0.0, 0.0])
        with pytest.raises(SearchUnavailableError) as refused:
            elastic.write_documents([odd], policy=DuplicatePolicy.OVERWRITE)
        assert "1 documents" in refused.value.message
        assert SECRET not in refused.value.message
        assert elastic.document_ids() == ["a"]

    def test_one_refused_search_of_two_is_an_error(self, elastic):
        write(elastic, "a")
        with pytest.raises(SearchUnavailableError, match="status 400"):
            elastic.hits([1.0, 0.0, 0.0], [WeightedText("export", 1.0)])

    def test_what_haystack_adds_to_its_store_works_on_ours(self, elastic):
        write(elastic, "a")
        assert elastic.count_documents_by_filter({"field": "id", "operator": "==", "value": "a"}) == 1


def _write_many(url, path, prefix):
    import os

    os.environ |= {"DJANGO_SETTINGS_MODULE": "supportai.settings.test", "ELASTICSEARCH_URL": url}
    import django

    django.setup()
    store = ElasticPassageStore(path=path)
    for number in range(10):
        write(store, f"{prefix}{number}")


class TestChoice:
    def test_the_address_chooses_the_store(self, settings, tmp_path):
        settings.ELASTICSEARCH_URL, settings.DATA_DIR = "", tmp_path
        assert kind_for() == "sqlite"
        settings.ELASTICSEARCH_URL = "http://127.0.0.1:1"
        assert kind_for() == "elasticsearch"
        assert document_store(place_of("elasticsearch"), kind="elasticsearch").kind == "elasticsearch"
        assert document_store(str(tmp_path / "other.sqlite3")).kind == "sqlite"

    def test_elasticsearch_without_an_address_and_unknown_kinds_are_refused(self, settings):
        settings.ELASTICSEARCH_URL = ""
        with pytest.raises(ValueError, match="ELASTICSEARCH_URL"):
            kind_for("elasticsearch")
        with pytest.raises(ValueError, match="sqlite, elasticsearch"):
            kind_for("solr")


class TestFilters:
    def test_lists_are_compared_without_scripts(self):
        equal = to_query({"field": "meta.tags", "operator": "==", "value": ["a", "b"]})
        assert equal == {"bool": {"must": [{"term": {"tags": "a"}}, {"term": {"tags": "b"}}]}}
        assert "script" not in json.dumps(to_query({"field": "meta.tags", "operator": "!=", "value": ["a"]}))

    def test_no_filter_matches_everything(self):
        assert to_query(None) == to_query({}) == {"match_all": {}}


@pytest.mark.parametrize("product", [-3.0, -0.5, 0.0, 0.25, 1.0, 2.5])
def test_inner_products_come_back_from_scores(product):
    """The formula is Elasticsearch's: below 0 it is 1 / (1 - product), else product + 1."""
    score = 1 / (1 - product) if product < 0 else product + 1
    assert _dot_product(score) == pytest.approx(product)


@contextmanager
def cluster(status, document, seen=None):
    """Answer everything alike, as a cluster in trouble or a proxy before it does."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            self.rfile.read(int(self.headers.get("content-length") or 0))
            if seen is not None:
                seen.append(dict(self.headers))
            body = json.dumps(document).encode() if isinstance(document, dict) else document
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("x-elastic-product", "Elasticsearch")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer  # noqa: N815 - the base class's names

        def log_message(self, *_args):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(elastic_client, "ATTEMPTS_AGAIN", 0)
    monkeypatch.setattr(elastic_client, "TIMEOUT_SECONDS", 0.5)


REASON = {"error": {"type": "parsing_exception", "reason": f"cannot read {SECRET}"}}


class TestTrouble:
    def test_a_cluster_that_is_down_is_an_error_that_people_can_read(self, settings, impatient):
        settings.ELASTICSEARCH_URL = "http://me:hidden@127.0.0.1:9"
        store = ElasticPassageStore(path="down-passages")
        for use in (
            store.count_documents,
            store.document_ids,
            lambda: store.lexical_hits([WeightedText("export", 1.0)]),
            lambda: store.dense_hits([1.0, 0.0]),
            lambda: store.hits([1.0, 0.0], [WeightedText("export", 1.0)]),
            lambda: write(store, "a"),
            lambda: store.delete_documents(["a"]),
            store.drop,
        ):
            with pytest.raises(SearchUnavailableError, match="Elasticsearch does not answer") as refused:
                use()
            assert "hidden" not in refused.value.message
            assert refused.value.status == 503

    @pytest.mark.parametrize("status", [400, 401, 403, 413, 429, 500, 503])
    def test_a_refusal_names_its_status_and_never_what_was_asked(self, settings, impatient, caplog, status):
        with cluster(status, REASON) as address, caplog.at_level(logging.DEBUG, logger="knowledge"):
            settings.ELASTICSEARCH_URL = f"http://{address}"
            store = ElasticPassageStore(path="trouble-passages")
            with pytest.raises(SearchUnavailableError, match=str(status)) as refused:
                store.lexical_hits([WeightedText(SECRET, 1.0)])
        assert SECRET not in refused.value.message
        assert refused.value.__cause__ is None
        assert "4111" not in caplog.text

    @pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[]"])
    def test_an_answer_that_is_none_is_an_error_too(self, settings, impatient, body):
        with cluster(200, body) as address:
            settings.ELASTICSEARCH_URL = f"http://{address}"
            with pytest.raises(SearchUnavailableError):
                ElasticPassageStore(path="odd-passages").lexical_hits([WeightedText("export", 1.0)])

    @pytest.mark.parametrize(
        ("login", "environment", "expected"),
        [
            ("me:pass%20word@", {}, "Basic " + base64.b64encode(b"me:pass word").decode()),
            ("", {"ELASTIC_API_KEY": "abc"}, "ApiKey abc"),
            ("", {"ELASTIC_API_KEY": "k", "ELASTIC_API_KEY_ID": "i"}, "ApiKey " + base64.b64encode(b"i:k").decode()),
        ],
    )
    def test_a_password_stands_in_the_address_and_an_api_key_in_the_environment(
        self, settings, impatient, monkeypatch, login, environment, expected
    ):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        seen = []
        with cluster(500, REASON, seen) as address:
            settings.ELASTICSEARCH_URL = f"http://{login}{address}"
            with pytest.raises(SearchUnavailableError):
                ElasticPassageStore(path="login-passages").count_documents()
        assert seen[0].get("Authorization", seen[0].get("authorization")) == expected

    def test_a_missing_port_is_elasticsearchs(self):
        assert elastic_client._with_port("http://search.internal") == "http://search.internal:9200"
        assert elastic_client._with_port("https://a:b@search.example/x") == "https://a:b@search.example:443/x"
        assert elastic_client._with_port("http://search.internal:1") == "http://search.internal:1"
