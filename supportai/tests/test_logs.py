"""Logs say what happened without saying to whom."""

import io
import json
import logging
import logging.config

import pytest
import structlog
from django.conf import settings

from supportai.core.logs import PERSONAL_KEYS, drop_personal_data, logging_config


@pytest.fixture
def lines(monkeypatch):
    """Log as production does, and read the lines back."""
    # Loggers of this process keep the very list of processors that they saw first.
    before = structlog.get_config()
    config, stream = logging_config(level="INFO", renderer="json"), io.StringIO()
    config["handlers"]["stderr"]["stream"] = stream
    monkeypatch.setattr(logging.root, "handlers", [])
    logging.config.dictConfig(config)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.config.dictConfig(settings.LOGGING)
    structlog.configure(**before)


def test_a_line_is_one_json_object_with_time_level_and_logger(lines):
    structlog.get_logger("tickets").info("ticket.opened", ticket=7)
    (line,) = lines()
    assert (line["event"], line["ticket"], line["level"], line["logger"]) == ("ticket.opened", 7, "info", "tickets")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("key", sorted(PERSONAL_KEYS))
def test_personal_values_are_withheld_whoever_passes_them(lines, key):
    structlog.get_logger("x").info("event", **{key: "Ana Ruiz"})
    assert lines()[0][key] == "[withheld]"


def test_patterns_in_other_values_are_masked(lines):
    structlog.get_logger("x").warning("mail to ana@northwind.example failed", detail="card 4242 4242 4242 4242")
    (line,) = lines()
    assert line["event"] == "mail to [email] failed"
    assert line["detail"] == "card [card]"


def test_libraries_that_log_the_old_way_are_masked_too(lines):
    logging.getLogger("some.library").error("cannot reach %s with token=%s", "ana@northwind.example", "abc123")
    (line,) = lines()
    assert "ana@" not in json.dumps(line)
    assert "abc123" not in json.dumps(line)


def test_tracebacks_are_masked(lines):
    try:
        raise ValueError("bad address ana@northwind.example")
    except ValueError:
        structlog.get_logger("x").exception("failed")
    assert "ana@" not in json.dumps(lines()[0])


def test_query_strings_of_other_access_logs_stay_out(lines):
    logging.getLogger("uvicorn.access").info("GET /ws?session=secret")
    logging.getLogger("httpx").info("GET https://api.example/?key=secret")
    assert lines() == []


def test_numbers_and_lists_are_left_alone():
    event = {"event": "x", "count": 3, "items": [1, 2], "ok": True}
    assert drop_personal_data(None, "info", dict(event)) == event
