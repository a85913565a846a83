"""The wire: one deadline for a whole exchange, one size, and what the head of an answer says."""

import gzip
import socket
import ssl
import threading
import time
from datetime import timedelta
from email.utils import format_datetime
from ipaddress import IPv4Address

import httpcore
import httpcore2
import httpx
import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from integrations.services.generators import transport
from integrations.services.generators.transport import SharedTransport, exchange, retry_after_seconds, shared_transport
from supportai.core import clock
from supportai.tests.servers import wait_until

LIBRARIES = [pytest.param(httpx, httpcore, id="httpx"), pytest.param(httpx2, httpcore2, id="httpx2")]


@pytest.fixture
def client():
    with httpx.Client(transport=shared_transport(httpx, httpcore), trust_env=False, timeout=20) as made:
        yield made


@pytest.mark.parametrize(("http", "core"), LIBRARIES)
@pytest.mark.parametrize("fault", ["trickle", "trickle_head", "hang", "idle"])
def test_both_libraries_end_at_the_deadline(server, http, core, fault):
    """Their private parts may move with a new version; then this test says so."""
    server.fault = fault
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "x"}]}
    with http.Client(transport=shared_transport(http, core), trust_env=False, timeout=20) as client:
        started = time.monotonic()
        with exchange(0.3) as wire, pytest.raises(http.TimeoutException):
            client.post(f"{server.openai_url}/chat/completions", json=body)
    assert 0.25 < time.monotonic() - started < 1.8
    assert wire.is_over


def test_the_head_of_an_answer_is_noted(server, client):
    server.fault = "rate_limited"
    with exchange(5) as wire:
        client.post(f"{server.openai_url}/chat/completions", json={"model": "m", "messages": []})
    assert (wire.status, wire.content_type, wire.retry_after) == (429, "application/json", 7.0)


def test_nothing_is_noted_outside_of_an_exchange(server, client):
    with exchange(5) as wire:
        pass
    assert client.get(server.url).status_code == 200
    assert wire.status is None


def test_the_deadline_of_one_exchange_does_not_hold_for_the_next(server, client):
    """They share a connection."""
    with exchange(0.05):
        client.get(server.url)
    time.sleep(0.1)
    with exchange(5):
        assert client.get(server.url).status_code == 200
    assert client.get(server.url).status_code == 200


def test_threads_have_deadlines_of_their_own(server, client):
    server.fault = "hang"
    failed: list[str] = []

    def wait() -> None:
        with exchange(0.2):
            try:
                client.post(f"{server.openai_url}/chat/completions", json={"model": "m", "messages": []})
            except httpx.TimeoutException as exc:
                failed.append(type(exc).__name__)

    thread = threading.Thread(target=wait)
    with exchange(20) as mine:
        thread.start()
        thread.join(5)
        assert not mine.is_over
    assert failed == ["ReadTimeout"]


def test_an_answer_without_an_end_is_cut_at_a_size(server, client, monkeypatch):
    server.fault, server.pause_seconds = "idle", 0.0001
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "x"}]}
    with exchange(20) as wire:
        wire.bytes_left = 2000
        with pytest.raises(httpx.ReadError):
            client.post(f"{server.openai_url}/chat/completions", json=body)
    assert not wire.is_over


def test_waiting_for_a_free_connection_ends_at_the_deadline_too(server):
    own = SharedTransport(httpx, httpcore)
    own._inner._pool._max_connections = 1
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "x"}]}
    with httpx.Client(transport=own, trust_env=False, timeout=20) as client:
        server.fault = "idle"
        request = client.build_request("POST", f"{server.openai_url}/chat/completions", json=body)
        busy = client.send(request, stream=True)
        started = time.monotonic()
        with exchange(0.3), pytest.raises(httpx.PoolTimeout):
            client.get(server.url)
        assert time.monotonic() - started < 1.8
        busy.close()


@pytest.mark.parametrize(("http", "core"), LIBRARIES)
def test_a_packed_answer_is_not_unpacked(monkeypatch, http, core):
    """Eight megabytes of the wire would be eight gigabytes of memory."""
    asked = []

    def answer(request):
        asked.append(request.headers["accept-encoding"])
        return http.Response(200, headers={"content-encoding": "gzip"}, stream=http.ByteStream(gzip.compress(b"x")))

    own = SharedTransport(http, core)
    monkeypatch.setattr(own._inner, "handle_request", answer)
    with http.Client(transport=own, trust_env=False) as client, exchange(5) as wire, pytest.raises(http.DecodingError):
        client.get("http://models.example/")
    assert (asked, wire.status) == (["identity"], 200)


def test_closing_one_client_leaves_the_others_alone(server, client):
    with httpx.Client(transport=shared_transport(httpx, httpcore), trust_env=False) as other:
        other.get(server.url)
    assert client.get(server.url).status_code == 200


def test_there_is_one_transport_a_library():
    assert shared_transport(httpx, httpcore) is shared_transport(httpx, httpcore)
    assert shared_transport(httpx, httpcore) is not shared_transport(httpx2, httpcore2)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 0.5 ", 0.5),
        ("0", 0.0),
        ("999999", transport.MAX_RETRY_AFTER_SECONDS),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("1e9", None),
        ("nan", None),
        ("Mon, 99 Foo 2026", None),
    ],
)
def test_retry_after_is_seconds(header, seconds):
    assert retry_after_seconds(header) == seconds


def test_retry_after_may_be_a_date():
    assert retry_after_seconds(format_datetime(clock.now() + timedelta(seconds=30), usegmt=True)) == pytest.approx(
        30, abs=2
    )
    assert retry_after_seconds(format_datetime(clock.now() - timedelta(hours=1), usegmt=True)) == 0.0


def test_what_a_caller_leaves_open_is_closed_with_the_exchange(server, client):
    server.fault = "idle"
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "x"}]}
    with exchange(20):
        kept = client.send(
            client.build_request("POST", f"{server.openai_url}/chat/completions", json=body), stream=True
        )
        assert next(kept.iter_raw())
    assert kept.is_closed
    wait_until(lambda: server.abandoned == 1, what="the server noticed", seconds=5)


def test_a_line_that_never_encrypts_ends_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}"
        with httpx.Client(transport=SharedTransport(httpx, httpcore), trust_env=False, timeout=20) as client:
            started = time.monotonic()
            with exchange(0.3), pytest.raises(httpx.TimeoutException):
                client.get(address)
    assert time.monotonic() - started < 1.8


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """A certificate for this machine, signed by an authority of its own that `SSL_CERT_FILE` names."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "models.test")])
    now = clock.now()
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "models.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


@pytest.mark.parametrize(("http", "core"), LIBRARIES)
def test_an_encrypted_line_has_the_deadline_too(server, certificate, http, core):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server._http.socket = context.wrap_socket(server._http.socket, server_side=True)
    address = f"https://127.0.0.1:{server.port}/v1/chat/completions"
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    with http.Client(transport=SharedTransport(http, core), trust_env=False, timeout=20) as client:
        with exchange(10) as wire:
            assert client.post(address, json=body).json()["choices"]
        assert wire.status == 200
        server.fault = "trickle"
        with exchange(0.3), pytest.raises(http.TimeoutException):
            client.post(address, json=body)


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(server, certificate, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server._http.socket = context.wrap_socket(server._http.socket, server_side=True)
    monkeypatch.delenv("SSL_CERT_FILE")
    with (
        httpx.Client(transport=SharedTransport(httpx, httpcore), trust_env=False) as client,
        exchange(10),
        pytest.raises(httpx.ConnectError),
    ):
        client.get(f"https://127.0.0.1:{server.port}/")
    assert server.requests == []
