"""Health says that the process answers, readiness that a request can be served."""

import pytest
from django.db import DatabaseError

from supportai import health
from supportai.tests.servers import free_port


def test_health_touches_nothing(client):
    """Without the database mark a query would fail this test."""
    response = client.get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_when_database_and_queue_answer(client, settings):
    settings.ELASTICSEARCH_URL = ""
    response = client.get("/ready")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "checks": {"database": True, "queue": True}}


@pytest.mark.django_db
def test_not_ready_without_the_database_and_says_so(client, monkeypatch):
    def gone() -> None:
        raise DatabaseError("password=hunter2 refused")

    monkeypatch.setattr(health.connection, "cursor", gone)
    response = client.get("/ready")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "checks": {"database": False, "queue": True}}
    assert "hunter2" not in response.content.decode()


@pytest.mark.django_db
def test_not_ready_without_the_queue(client, monkeypatch, settings):
    class Gone:
        def pending_count(self) -> int:
            raise ConnectionError

    settings.HUEY = Gone()
    response = client.get("/ready")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": True, "queue": False}


@pytest.mark.parametrize("path", ["/health", "/ready"])
@pytest.mark.django_db
def test_neither_needs_a_login(client, path):
    assert client.get(path).status_code == 200


@pytest.mark.django_db
def test_without_its_search_it_serves_and_says_that_it_is_degraded(client, settings):
    settings.ELASTICSEARCH_URL = f"http://127.0.0.1:{free_port()}"
    response = client.get("/ready")
    assert response.status_code == 200
    assert response.json() == {"status": "degraded", "checks": {"database": True, "queue": True, "search": False}}


@pytest.mark.live("ELASTICSEARCH_URL")
@pytest.mark.django_db
def test_one_node_of_several_will_do(client, settings):
    settings.ELASTICSEARCH_URL = f"http://127.0.0.1:{free_port()}, {settings.ELASTICSEARCH_URL}"
    assert client.get("/ready").json()["status"] == "ok"


@pytest.mark.live("ELASTICSEARCH_URL")
@pytest.mark.django_db
def test_a_search_that_answers_is_counted_in(client):
    assert client.get("/ready").json()["checks"]["search"] is True
