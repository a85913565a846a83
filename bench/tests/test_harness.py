import argparse
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bench import harness
from bench.all import commands
from bench.harness import Http, Stand, options_of, shapes_of


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b'{"path": "%s"}' % self.path.encode()
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        # Says nothing of it, as servers do that restart.
        self.close_connection = self.path == "/hangs-up"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture
def port():
    server = HTTPServer(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()


class TestHttp:
    def test_an_answer_comes_with_its_seconds(self, port):
        seconds, content = Http(port).timed("/page")
        assert content == b'{"path": "/page"}'
        assert 0 < seconds < 10

    def test_json_is_sent_and_read(self, port):
        assert Http(port).json("/session", method="POST", body={"brand": "bench"}) == {"path": "/session"}

    def test_anything_but_success_is_an_error(self, port):
        with pytest.raises(RuntimeError, match="/missing: 404"):
            Http(port).timed("/missing")

    def test_a_kept_connection_that_ended_is_opened_again(self, port):
        client = Http(port)
        client.timed("/hangs-up")
        assert client.json("/page") == {"path": "/page"}


class TestShapes:
    def test_production_needs_its_services_and_says_which(self, monkeypatch, capsys):
        monkeypatch.delenv("REDIS_URL", raising=False)
        assert shapes_of("both") == ["embedded"]
        assert "DATABASE_URL and REDIS_URL" in capsys.readouterr().err

    def test_both_are_measured_where_the_services_are(self, monkeypatch):
        monkeypatch.setenv("DATABASE_URL", "postgres://localhost/x")
        monkeypatch.setenv("REDIS_URL", "redis://localhost/1")
        assert shapes_of("both") == ["embedded", "production"]

    def test_one_can_be_chosen(self):
        assert shapes_of("embedded") == ["embedded"]


class TestStand:
    def test_the_embedded_shape_knows_nothing_of_services(self, monkeypatch, tmp_path):
        monkeypatch.setenv("DATABASE_URL", "postgres://localhost/x")
        environment = Stand("embedded", tmp_path).environment
        assert "DATABASE_URL" not in environment
        assert environment["DATA_DIR"] == str(tmp_path)

    def test_production_gets_a_database_and_a_prefix_of_its_own(self, monkeypatch, tmp_path):
        monkeypatch.setenv("REDIS_URL", "redis://localhost/1")
        environment = Stand("production", tmp_path, database="postgres://localhost/x_bench").environment
        assert environment["DATABASE_URL"] == "postgres://localhost/x_bench"
        assert environment["SUPPORTAI_REDIS_PREFIX"] == "bench"

    def test_a_script_that_fails_is_an_error(self, tmp_path):
        with pytest.raises(RuntimeError, match="ended with 3"):
            Stand("embedded", tmp_path).run("-c", "raise SystemExit(3)")

    def test_what_a_script_prints_is_given(self, tmp_path):
        stand = Stand("embedded", tmp_path, extra={"WISH": "seen"})
        assert stand.run("-c", "import os; print(os.environ['WISH'])") == "seen\n"


def test_processor_time_counts_a_process_and_grows_with_its_work():
    before = harness._cpu_seconds(os.getpid())
    sum(number * number for number in range(300_000))
    assert harness._cpu_seconds(os.getpid()) > before > 0


def test_an_ended_process_has_used_nothing():
    assert harness._cpu_seconds(2**22 - 1) == 0


def test_every_bench_takes_a_file_for_its_figures():
    options = options_of("about").parse_args(["--json", "x.json", "--shape", "embedded"])
    assert options == argparse.Namespace(json=Path("x.json"), shape="embedded")


def test_all_benches_are_run_each_with_a_file(tmp_path):
    found = commands("embedded", tmp_path)
    scripts = [Path(command[1]) for command in found]
    assert all(script.exists() for script in scripts)
    assert [command[-1] for command in found] == [str(tmp_path / f"{script.stem}.json") for script in scripts]


@pytest.mark.live("DATABASE_URL")
class TestDatabases:
    def test_one_is_made_beside_the_named_one_and_emptied_on_request(self):
        import psycopg

        url = harness.database_url("_test_h", is_fresh=True)
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CREATE TABLE kept (x int)")
            assert harness.database_url("_test_h", is_fresh=False) == url
            with psycopg.connect(url) as connection:
                connection.execute("SELECT x FROM kept")
            harness.database_url("_test_h", is_fresh=True)
            with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.UndefinedTable):
                connection.execute("SELECT x FROM kept")
        finally:
            harness.drop_database("_test_h")
