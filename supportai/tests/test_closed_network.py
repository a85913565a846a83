"""The network is closed in tests, this machine apart."""

import socket

import pytest

from conftest import NetworkClosedError, required_markers, service_hosts


def test_a_connection_to_the_outside_is_refused():
    with socket.socket() as outside, pytest.raises(NetworkClosedError):
        outside.connect(("192.0.2.1", 80))


def test_the_quiet_way_to_connect_is_refused_too():
    with socket.socket() as outside, pytest.raises(NetworkClosedError):
        outside.connect_ex(("198.51.100.7", 443))


def test_this_machine_can_be_reached():
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
        assert client.getpeername() == server.getsockname()


def test_a_service_that_was_switched_on_can_be_reached(monkeypatch):
    monkeypatch.setenv("ELASTICSEARCH_URL", "http://search.internal:9200")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert service_hosts() == {"search.internal"}


def test_required_markers_are_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("REQUIRED_MARKERS", "browser,live")
    assert required_markers() == {"browser", "live"}
    monkeypatch.delenv("REQUIRED_MARKERS")
    assert required_markers() == set()
