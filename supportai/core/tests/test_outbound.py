import gzip
import socket
import ssl
import time
from ipaddress import ip_address

import pytest

from supportai.core.outbound import (
    AddressRefusedError,
    AddressUnreachableError,
    AnswerRefusedError,
    OtherContentError,
    OutboundClient,
    TooLargeError,
    check_address,
)
from supportai.core.outbound.checks import check_outbound_allowed
from supportai.core.outbound.guard import AddressGuard, is_closed, parse_guard
from supportai.core.tests.web import Page, serving

PUBLIC = "93.184.215.14"


@pytest.fixture
def site():
    with serving() as made:
        yield made


@pytest.fixture
def allowed(site):
    """Allow the test's own server on purpose, as an operator would."""
    return parse_guard([f"127.0.0.1:{site.port}"])


@pytest.fixture
def client(allowed):
    with OutboundClient(guard=allowed) as made:
        yield made


@pytest.fixture
def names(monkeypatch):
    """Let names lead where a test says; several answers for one name are given one after another."""
    told: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def lookup(host, port, *args, **kwargs):
        host = host.decode() if isinstance(host, bytes) else host
        if host not in told:
            return real(host, port, *args, **kwargs)
        answers = told[host].pop(0) if len(told[host]) > 1 else told[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return told


class TestWhatIsClosed:
    @pytest.mark.parametrize(
        "address",
        [
            *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
            *("100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "203.0.113.5", "224.0.0.1"),
            *("240.0.0.1", "255.255.255.255", "168.63.129.16", "192.88.99.1"),
            *(
                "::",
                "::1",
                "fe80::1",
                "fc00::1",
                "fd00:ec2::254",
                "fec0::1",
                "ff02::1",
                "2001:db8::1",
                "3fff::1",
                "100::1",
            ),
            *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::7f00:1"),
            *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1"),
            *("2001:0:a00:1::1", "2001:0:5ef5:79fb:0:59d:f5ff:fffe", "2a00::5efe:10.0.0.1", "2a00::200:5efe:127.0.0.1"),
        ],
    )
    def test_private_special_and_wrapped_addresses_are_closed(self, address):
        assert is_closed(ip_address(address))

    @pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
    def test_public_ones_are_open(self, address):
        assert not is_closed(ip_address(address))


class TestHowAnAddressIsWritten:
    @pytest.mark.parametrize(
        ("address", "words"),
        [
            ("", "begins with https"),
            ("docs.example.com", "begins with https"),
            ("ftp://docs.example.com/", "begins with https"),
            ("file:///etc/passwd", "begins with https"),
            ("gopher://127.0.0.1:6379/_FLUSHALL", "begins with https"),
            ("javascript:alert(1)", "begins with https"),
            ("http:///path", "begins with https"),
            ("https://user:secret@docs.example.com/", "must not hold a user name"),
            ("https://docs.example.com@evil.example/", "must not hold a user name"),
            ("https://docs.example.com:6379/", "Port 6379 is not allowed"),
            ("https://docs.example.com:99999/", "Port 99999 is not allowed"),
            ("http://2130706433/", "usual form"),
            ("http://0x7f.0.0.1/", "usual form"),
            ("http://0x7f000001/", "usual form"),
            ("http://0177.0.0.1/", "not a web address"),
            ("http://127.1/", "usual form"),
            ("http://127.0.0.1/", "private network"),
            ("http://127.0.0.1./", "private network"),
            ("http://[::1]/", "private network"),
            ("http://[::ffff:127.0.0.1]/", "private network"),
            ("http://[64:ff9b::a00:1]/", "private network"),
            ("http://[fe80::1%25eth0]/", "private network"),
            ("http://169.254.169.254/latest/meta-data/", "private network"),
            ("https://docs.example.com/" + "a" * 3_000, "longer than 2,000"),
            ("https://exa mple.com/\r\nHost: evil", "not a web address"),
        ],
    )
    def test_what_is_no_public_web_address_is_refused_in_words(self, address, words):
        with pytest.raises(AddressRefusedError, match=words):
            check_address(address, guard=AddressGuard())

    def test_a_public_address_is_given_in_its_usual_form(self):
        assert (
            check_address(" HTTPS://Docs.Example.com:443/a?b=1#c ", guard=AddressGuard())
            == "https://docs.example.com/a?b=1#c"
        )

    def test_https_can_be_demanded(self):
        with pytest.raises(AddressRefusedError, match="begin with https://"):
            check_address("http://docs.example.com/", is_https_only=True, guard=AddressGuard())


class TestWhereANameLeads:
    def test_a_name_that_leads_inside_is_refused_and_nothing_is_sent(self, site, client, names):
        names["docs.example.com"] = [["127.0.0.1"]]
        guard = parse_guard([], ports=[site.port])
        with OutboundClient(guard=guard) as outside, pytest.raises(AddressRefusedError, match="private network"):
            outside.fetch(f"http://docs.example.com:{site.port}/")
        assert site.asked == []

    def test_one_inner_address_among_public_ones_refuses_the_name(self, names):
        names["docs.example.com"] = [[PUBLIC, "10.0.0.7"]]
        with (
            pytest.raises(AddressRefusedError, match=r"docs\.example\.com"),
            OutboundClient(guard=AddressGuard()) as outside,
        ):
            outside.fetch("http://docs.example.com/")

    def test_localhost_is_refused(self):
        with pytest.raises(AddressRefusedError, match="localhost"), OutboundClient(guard=AddressGuard()) as outside:
            outside.fetch("http://localhost/")

    def test_a_name_is_looked_up_once_and_the_checked_address_is_connected_to(self, names, monkeypatch):
        names["docs.example.com"] = [[PUBLIC], ["127.0.0.1"]]
        connected = []

        def connect(address, *args, **kwargs):
            connected.append(address)
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "create_connection", connect)
        with OutboundClient(guard=AddressGuard()) as outside:
            with pytest.raises(AddressUnreachableError, match="does not take connections"):
                outside.fetch("http://docs.example.com/")
            # The name leads inside by now: the next connection is checked again.
            with pytest.raises(AddressRefusedError):
                outside.fetch("http://docs.example.com/")
        assert connected == [(PUBLIC, 80)]

    def test_the_host_header_keeps_the_name(self, site, names):
        names["docs.test"] = [["127.0.0.1"]]
        with OutboundClient(guard=parse_guard([f"docs.test:{site.port}"])) as inside:
            site.html("/", "hello")
            assert inside.fetch(f"http://docs.test:{site.port}/").status == 200
        assert site.asked[0].headers["host"] == f"docs.test:{site.port}"

    def test_tls_keeps_the_name_and_a_wrong_certificate_is_said(self, site, names, monkeypatch):
        names["docs.test"] = [["127.0.0.1"]]
        seen = []

        def refuse(self, sock, server_hostname=None, **kwargs):
            seen.append(server_hostname)
            failure = ssl.SSLCertVerificationError(1, "certificate verify failed")
            failure.verify_message = "self-signed certificate"
            raise failure

        monkeypatch.setattr(ssl.SSLContext, "wrap_socket", refuse)
        with (
            OutboundClient(guard=parse_guard([f"docs.test:{site.port}"])) as inside,
            pytest.raises(AddressUnreachableError, match=r"certificate of docs\.test is not valid: self-signed"),
        ):
            inside.fetch(f"https://docs.test:{site.port}/")
        assert seen == ["docs.test"]

    def test_a_name_that_does_not_exist_is_said(self, monkeypatch):
        def unknown(*args, **kwargs):
            raise socket.gaierror("no such name")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        with pytest.raises(AddressUnreachableError, match=r"no host nowhere\.example"):
            OutboundClient(guard=AddressGuard()).fetch("https://nowhere.example/")


class TestWhatAnOperatorAllows:
    def test_hosts_ports_and_networks(self):
        guard = parse_guard(["wiki.corp.example:8080", "*.intra.example", "10.1.0.0/16", "192.168.7.7", "[fd00::5]:81"])
        for address in (
            *("http://wiki.corp.example:8080/", "http://10.1.200.3/", "http://192.168.7.7/", "http://[fd00::5]:81/"),
            "http://docs.intra.example/",
        ):
            assert check_address(address, guard=guard)
        for address in (
            "http://wiki.corp.example:8081/",
            "http://10.2.0.1/",
            "http://[fd00::5]/",
            "http://10.1.0.1:8080/",
        ):
            with pytest.raises(AddressRefusedError):
                check_address(address, guard=guard)

    def test_a_named_host_may_be_private_but_never_hands_out_a_machines_credentials(self, names):
        guard = parse_guard(["*.intra.example"])
        guard.check_ip(ip_address("10.0.0.5"), "wiki.intra.example", 80)
        for address in (
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "100.100.100.200",
            "fd00:ec2::254",
            "168.63.129.16",
        ):
            with pytest.raises(AddressRefusedError):
                guard.check_ip(ip_address(address), "wiki.intra.example", 80)

    def test_another_name_does_not_profit(self):
        with pytest.raises(AddressRefusedError):
            parse_guard(["*.intra.example"]).check_ip(ip_address("10.0.0.5"), "evilintra.example", 80)

    @pytest.mark.parametrize("entry", ["10.0.0.0/99", "http://wiki/", "wiki:", "10.0.0.1/8", "a b"])
    def test_an_entry_that_cannot_be_read_is_named_at_the_start(self, entry, settings):
        settings.OUTBOUND_ALLOWED = [entry]
        (found,) = check_outbound_allowed(None)
        assert repr(entry) in found.msg

    def test_nothing_is_allowed_unless_it_is_said(self, settings):
        assert settings.OUTBOUND_ALLOWED == []
        assert check_outbound_allowed(None) == []


class TestRedirects:
    @pytest.mark.parametrize(
        "target",
        [
            *("http://169.254.169.254/latest/", "http://10.0.0.1/", "http://[::1]/", "//127.0.0.1/x", "http://0/"),
            *("file:///etc/passwd", "https://user:pw@docs.example.com/"),
        ],
    )
    def test_a_redirect_inside_is_refused_and_names_both(self, site, client, target):
        site.redirect("/", target)
        with pytest.raises(AddressRefusedError, match=f"{site.url}/ leads on to .* refused"):
            client.fetch(f"{site.url}/")
        assert site.paths == ["/"]

    def test_another_port_of_an_allowed_host_is_refused(self, site, client):
        site.redirect("/", "http://127.0.0.1:6379/")
        with pytest.raises(AddressRefusedError, match="Port 6379"):
            client.fetch(f"{site.url}/")

    def test_a_name_behind_a_redirect_is_looked_up_too(self, site, names):
        names["inner.example"] = [["10.0.0.1"]]
        site.redirect("/", "http://inner.example/")
        with (
            OutboundClient(guard=parse_guard([f"127.0.0.1:{site.port}"])) as client,
            pytest.raises(AddressRefusedError, match=r"inner\.example"),
        ):
            client.fetch(f"{site.url}/")

    def test_they_are_followed_up_to_a_limit(self, site, client):
        for number in range(6):
            site.redirect(f"/{number}", f"/{number + 1}")
        site.html("/6", "there")
        assert client.fetch(f"{site.url}/1").url == f"{site.url}/6"
        with pytest.raises(AnswerRefusedError, match="more than 5 times"):
            client.fetch(f"{site.url}/0")

    def test_circles_are_seen(self, site, client):
        site.redirect("/a", "/b")
        site.redirect("/b", "/a")
        with pytest.raises(AnswerRefusedError, match="circles"):
            client.fetch(f"{site.url}/a")
        assert site.paths == ["/a", "/b"]

    def test_they_are_given_back_when_the_caller_follows_them(self, site, client):
        site.redirect("/a", "../b?c#d", 308)
        fetched = client.fetch(f"{site.url}/a", max_redirects=0)
        assert (fetched.status, fetched.location) == (308, f"{site.url}/b?c#d")

    def test_https_only_holds_at_every_step(self, site, client):
        with pytest.raises(AddressRefusedError, match="https"):
            client.fetch(f"{site.url}/a", is_https_only=True)

    def test_headers_stay_with_the_site_they_were_meant_for(self, site, names):
        names["other.test"] = [["127.0.0.1"]]
        site.redirect("/", f"http://other.test:{site.port}/x")
        site.html("/x", "hello")
        with OutboundClient(guard=parse_guard([f"127.0.0.1:{site.port}", f"other.test:{site.port}"])) as client:
            client.fetch(f"{site.url}/", headers={"Authorization": "Bearer secret"})
        first, second = site.asked
        assert first.headers["authorization"] == "Bearer secret"
        assert "authorization" not in second.headers


class TestLimits:
    def test_what_is_larger_than_allowed_is_not_read(self, site, client):
        site.pages["/"] = Page(b"x" * 50_001)
        with pytest.raises(TooLargeError, match=r"larger than 0\.05 MB"):
            client.fetch(f"{site.url}/", max_bytes=50_000)
        assert len(client.fetch(f"{site.url}/", max_bytes=50_001).body) == 50_001

    def test_a_size_that_is_not_declared_is_counted(self, site, client):
        def endless(wire):
            while True:
                wire.write(b"x" * 10_000)

        site.pages["/"] = Page(raw=endless)
        with pytest.raises(TooLargeError):
            client.fetch(f"{site.url}/", max_bytes=100_000)

    def test_a_small_answer_does_not_unpack_to_a_huge_one(self, site, client):
        site.pages["/"] = Page(b"\0" * 20_000_000, is_gzip=True)
        with pytest.raises(TooLargeError):
            client.fetch(f"{site.url}/", max_bytes=1_000_000)

    def test_packed_answers_are_unpacked(self, site, client):
        text = b"hello " * 40_000
        site.pages["/"] = Page(text, is_gzip=True)
        assert client.fetch(f"{site.url}/").body == text

    @pytest.mark.parametrize(
        ("body", "packing", "words"),
        [
            (b"not packed", "gzip", "damaged"),
            (gzip.compress(b"hello " * 999, mtime=0)[:-9], "gzip", "ends too early"),
            (b"x", "br", "packed as br"),
            (b"x", "gzip, gzip", "packed as gzip, gzip"),
        ],
    )
    def test_packing_that_is_broken_or_unknown_is_said(self, site, client, body, packing, words):
        site.pages["/"] = Page(body, headers={"Content-Encoding": packing})
        with pytest.raises(AnswerRefusedError, match=words):
            client.fetch(f"{site.url}/")

    def test_the_deadline_holds_against_a_server_that_drips(self, site, client):
        def drip(wire):
            for _ in range(100):
                wire.write(b"x")
                wire.flush()
                time.sleep(0.05)

        site.pages["/"] = Page(raw=drip)
        began = time.monotonic()
        with pytest.raises(AddressUnreachableError, match=r"did not answer within 0\.3 seconds"):
            client.fetch(f"{site.url}/", seconds=0.3)
        assert time.monotonic() - began < 2

    def test_the_deadline_holds_over_redirects(self, site, client):
        def slow(asked):
            time.sleep(0.2)
            return Page("", 302, {"Location": asked.path + "x"})

        for length in range(1, 8):
            site.pages["/" + "x" * length] = slow
        with pytest.raises(AddressUnreachableError, match=r"within 0\.5"):
            client.fetch(f"{site.url}/x", seconds=0.5)

    def test_other_kinds_of_content_are_not_read(self, site, client):
        site.pages["/"] = Page(b"%PDF", headers={"Content-Type": "application/PDF; a=b"})
        with pytest.raises(OtherContentError, match="application/pdf") as caught:
            client.fetch(f"{site.url}/", accepts=["text/html"])
        assert caught.value.extra["media_type"] == "application/pdf"
        assert client.fetch(f"{site.url}/", accepts=["application/pdf"]).media_type == "application/pdf"

    def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one(self, site, client):
        site.pages["/"] = Page(headers={"Content-Length": "100"}, raw=lambda wire: wire.write(b"short"))
        with pytest.raises(AnswerRefusedError, match="does not answer as a web server does"):
            client.fetch(f"{site.url}/")

    def test_what_is_no_web_server_is_said(self, client, allowed, site):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            with OutboundClient(guard=parse_guard([f"127.0.0.1:{port}"])) as other:
                listener.listen()
                import threading

                def greet():
                    peer, _ = listener.accept()
                    peer.sendall(b"220 mail.example ESMTP\r\n")
                    peer.recv(1000)
                    peer.close()

                thread = threading.Thread(target=greet, daemon=True)
                thread.start()
                with pytest.raises(AnswerRefusedError, match="does not answer as a web server does"):
                    other.fetch(f"http://127.0.0.1:{port}/")
                thread.join(2)


def test_error_pages_are_answers_without_a_body(site, client):
    site.pages["/"] = Page("x" * 200_000, 500)
    fetched = client.fetch(f"{site.url}/")
    assert (fetched.status, fetched.body) == (500, b"")


def test_proxies_of_the_environment_are_not_used(site, allowed, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    site.html("/", "hello")
    with OutboundClient(guard=allowed) as client:
        assert client.fetch(f"{site.url}/").status == 200


def test_cookies_are_not_kept_and_the_agent_says_who_it_is(site, client, settings):
    site.html("/", "hello", Set_Cookie="a=b")
    client.fetch(f"{site.url}/")
    client.fetch(f"{site.url}/")
    assert "cookie" not in site.asked[1].headers
    assert site.asked[0].headers["user-agent"] == f"supportai/1.0 (+{settings.OUTBOUND_CONTACT})"


def test_a_connection_is_used_again(site, client):
    site.html("/", "hello")
    for _ in range(3):
        client.fetch(f"{site.url}/")
    connections = client._client._transport._pool.connections
    assert len(connections) == 1
