"""The parts of the benches that can be wrong without anybody noticing: what they count and what they trigger."""

import asyncio
import time

import pytest
from django.db import connection

from accounts.models import User
from bench import fanout, inbox
from bench.bare_queue import fill
from bench.explain import Watch, plan_of
from bench.fanout import Crowd
from bench.queue_latency import Queue
from supportai.core.frames import encode_frame


class TestCrowd:
    async def test_time_runs_until_the_last_socket_has_the_last_frame(self):
        crowd = Crowd(sockets=["a", "b"])
        frame = encode_frame({"type": "bench"}).encode()

        async def trigger(frames):
            async def later():
                for _ in range(frames * 2):
                    await asyncio.sleep(0.01)
                    crowd.take(frame)

            self.task = asyncio.create_task(later())

        assert await crowd.measure(3, trigger) >= 0.05
        assert crowd.seen == 6

    def test_other_frames_are_not_counted(self):
        crowd = Crowd()
        crowd.take(encode_frame({"type": "row"}).encode())
        crowd.take(encode_frame({"type": "bench"}).encode())
        assert crowd.seen == 1

    def test_compressed_frames_are_all_counted(self):
        crowd = Crowd(compresses=True)
        crowd.take(b"\x01\x02")
        assert crowd.seen == 1

    async def test_a_frame_that_never_comes_is_an_error(self, monkeypatch):
        monkeypatch.setattr(fanout, "PATIENCE_SECONDS", 0.05)

        async def nothing(_frames):
            pass

        with pytest.raises(TimeoutError):
            await Crowd(sockets=["a"]).measure(1, nothing)

    async def test_the_bare_server_reaches_every_socket(self):
        with fanout.bare_server() as port:
            for _ in range(100):
                try:
                    crowd, _rate, trigger = await fanout.bare_crowd(port, 3)
                    break
                except OSError:
                    await asyncio.sleep(0.1)
            await crowd.measure(4, trigger)
            assert [socket.count for socket in crowd.sockets] == [4, 4, 4]
            crowd.close()


class TestQueue:
    def test_the_starts_of_a_batch_are_read_from_the_file(self, tmp_path):
        starts = tmp_path / "starts.txt"
        starts.write_text("a.0 0.5 10.0\nb.0 0.7 11.0\na.1 0.6 12.0\n")
        queue = Queue("q", lambda _count, _batch: (0.0, 0.0), starts)
        assert queue.started("a") == [(0.5, 10.0), (0.6, 12.0)]

    def test_nothing_has_started_before_there_is_a_file(self, tmp_path):
        assert Queue("q", lambda _count, _batch: (0.0, 0.0), tmp_path / "none").started("a") == []

    def test_rates_count_from_the_first_put_to_the_last_start(self, tmp_path):
        starts = tmp_path / "starts.txt"

        def put(count, batch):
            starts.write_text("".join(f"{batch}.{n} 0.1 {100.0 + n}\n" for n in range(count)))
            return 96.0, 98.0

        waited, put_rate, start_rate = Queue("q", put, starts).measure(5, "x")
        assert waited == [0.1] * 5
        assert (put_rate, start_rate) == (2.5, 5 / 8)

    def test_the_bare_queue_names_its_tasks_by_batch(self, monkeypatch):
        put = []
        monkeypatch.setattr("bench.bare_queue.note_start", lambda name, _at: put.append(name))
        started, ended = fill(2, "b")
        assert put == ["b.0", "b.1"]
        assert started <= ended


@pytest.mark.django_db
class TestInsideTheServer:
    @pytest.fixture(autouse=True)
    def _addresses(self, settings):
        settings.ROOT_URLCONF = "bench.urls"

    def test_the_plain_view_asks_the_database_nothing(self, client, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert client.get("/bench/plain").content == b"plain"

    def test_the_other_yardstick_knows_the_user(self, client):
        assert client.get("/bench/query").content == b"no"
        client.force_login(User.objects.create_user("a@bench.example", name="A"))
        assert client.get("/bench/query").content == b"yes"

    def test_tasks_say_when_they_started(self, client, tmp_path, monkeypatch):
        monkeypatch.setenv("BENCH_STARTS", str(tmp_path / "starts.txt"))
        answer = client.get("/bench/enqueue?count=3&batch=x").json()
        assert answer["started"] <= answer["ended"] <= time.monotonic()
        names = [line.split()[0] for line in (tmp_path / "starts.txt").read_text().splitlines()]
        assert names == ["x.0", "x.1", "x.2"]

    def test_a_burst_rings_the_doorbell(self, client, monkeypatch):
        sent = []
        monkeypatch.setattr("bench.views.send_frame", lambda group, frame: sent.append((group, frame["number"])))
        client.get("/bench/burst?group=inbox&count=2&size=10")
        assert sent == [("inbox", 0), ("inbox", 1)]

    def test_the_products_pages_are_there_too(self, client):
        assert client.get("/health").status_code == 200


@pytest.mark.django_db
class TestExplaining:
    def test_each_query_is_noted_with_its_time(self):
        watch = Watch()
        with connection.execute_wrapper(watch):
            User.objects.count()
        ((seconds, sql, _params),) = watch.seen
        assert seconds > 0
        assert "accounts_user" in sql

    def test_a_plan_is_given(self):
        watch = Watch()
        with connection.execute_wrapper(watch):
            User.objects.filter(email="x").first()
        _seconds, sql, params = watch.seen[0]
        assert "accounts_user" in plan_of(sql, params)


class _Page:
    def __init__(self, text):
        self.text = text

    def timed(self, _path):
        return 0.0, self.text.encode()

    def json(self, _path):
        return {"next": "http://127.0.0.1:1/api/v1/tickets/?cursor=abc"}


FACTS = {"open_ticket": "o", "resolved_ticket": "r", "number": 7}


def test_the_next_page_is_the_one_that_the_first_page_links_to():
    page = _Page('<a hx-get="/inbox/rows/?view=resolved&amp;cursor=WyJ4Il0">More</a>')
    assert inbox.pages(FACTS, page)["rows, next page of Resolved"] == "/inbox/rows/?view=resolved&cursor=WyJ4Il0"


def test_the_next_page_of_the_api_is_the_one_that_it_names():
    assert inbox.api_pages(FACTS, _Page(""))["API tickets, next page"] == "/api/v1/tickets/?cursor=abc"
