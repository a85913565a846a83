"""Request log, content security policy, refusals as toasts, problems or pages."""

import json

import pytest
from django.http import HttpResponse
from structlog.testing import capture_logs

from supportai.core.errors import NotFoundError, TooManyRequestsError
from supportai.middleware import (
    ADMIN_POLICY,
    STRICT_POLICY,
    ContentSecurityPolicyMiddleware,
    DomainErrorMiddleware,
    RequestLogMiddleware,
    TrustedProxyMiddleware,
)


def answer(text: str = "ok", **headers: str):
    return lambda request: HttpResponse(text, headers=headers)


class TestTrustedProxy:
    @pytest.mark.parametrize(
        ("peer", "header", "seen"),
        [
            ("10.0.0.2", "203.0.113.7", "203.0.113.7"),
            ("10.0.0.2", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
            ("10.0.0.2", "203.0.113.7, 10.0.0.9", "203.0.113.7"),
            ("10.0.0.2", "2001:db8::1", "2001:db8::1"),
            ("10.0.0.2", "", "10.0.0.2"),
            ("10.0.0.2", "unknown", "10.0.0.2"),
            ("10.0.0.2", "<script>, 203.0.113.7", "203.0.113.7"),
            ("192.0.2.1", "203.0.113.7", "192.0.2.1"),
            ("", "203.0.113.7", ""),
        ],
    )
    def test_only_trusted_proxies_say_who_asks(self, rf, settings, peer, header, seen):
        settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
        request = rf.get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=header)
        TrustedProxyMiddleware(answer())(request)
        assert request.META["REMOTE_ADDR"] == seen

    def test_nobody_is_trusted_by_default(self, rf):
        request = rf.get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.7")
        TrustedProxyMiddleware(answer())(request)
        assert request.META["REMOTE_ADDR"] == "127.0.0.1"


class TestRequestLog:
    def test_one_line_with_path_status_and_time(self, rf):
        with capture_logs() as logs:
            response = RequestLogMiddleware(answer())(rf.post("/widget/messages?session=secret"))
        (line,) = logs
        assert (line["method"], line["path"], line["status"]) == ("POST", "/widget/messages", 200)
        assert line["ms"] >= 0
        assert response["X-Request-Id"]

    def test_neither_query_nor_body_nor_address_is_logged(self, rf):
        request = rf.post(
            "/widget/messages?token=secret",
            json.dumps({"text": "I am Ana"}),
            content_type="application/json",
            REMOTE_ADDR="192.0.2.7",
            HTTP_AUTHORIZATION="Bearer sai_secret",
        )
        with capture_logs() as logs:
            RequestLogMiddleware(answer())(request)
        assert not any(word in str(logs) for word in ("secret", "Ana", "192.0.2.7"))

    @pytest.mark.parametrize("path", ["/static/x.css", "/health"])
    def test_noise_is_not_logged(self, rf, path):
        with capture_logs() as logs:
            RequestLogMiddleware(answer())(rf.get(path))
        assert logs == []

    def test_each_request_has_its_own_id(self, rf):
        middleware = RequestLogMiddleware(answer())
        assert middleware(rf.get("/"))["X-Request-Id"] != middleware(rf.get("/"))["X-Request-Id"]


class TestPolicy:
    @pytest.mark.parametrize("path", ["/", "/help/", "/tickets/1/", "/administration/", "/widget/session"])
    def test_pages_get_the_strict_policy(self, rf, path):
        response = ContentSecurityPolicyMiddleware(answer())(rf.get(path))
        assert response["Content-Security-Policy"] == STRICT_POLICY

    def test_only_the_admin_gets_the_looser_one(self, rf):
        response = ContentSecurityPolicyMiddleware(answer())(rf.get("/admin/"))
        assert response["Content-Security-Policy"] == ADMIN_POLICY

    def test_a_view_may_set_its_own(self, rf):
        own = answer(**{"Content-Security-Policy": "default-src 'none'"})
        response = ContentSecurityPolicyMiddleware(own)(rf.get("/"))
        assert response["Content-Security-Policy"] == "default-src 'none'"

    @pytest.mark.parametrize("policy", [STRICT_POLICY, ADMIN_POLICY])
    def test_no_policy_lets_inline_scripts_or_foreign_hosts_in(self, policy):
        parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert parts["default-src"] == "'none'"
        assert parts["frame-ancestors"] == "'none'"
        assert "'unsafe-inline'" not in parts["script-src"]
        assert "http" not in policy
        assert "*" not in policy


class TestRefusals:
    def refuse(self, rf, error, **headers):
        request = rf.get("/tickets/1/", headers=headers)
        request.htmx = headers.get("HX-Request") == "true"
        return DomainErrorMiddleware(answer()).process_exception(request, error)

    def test_htmx_gets_a_toast_and_no_content(self, rf):
        response = self.refuse(rf, NotFoundError("There is no such ticket."), **{"HX-Request": "true"})
        assert response.status_code == 404
        assert json.loads(response["HX-Trigger"])["toast"] == {
            "target": "body",
            "text": "There is no such ticket.",
            "kind": "bad",
        }

    def test_scripts_get_a_problem(self, rf):
        response = self.refuse(rf, TooManyRequestsError("Slow down.", retry_after=3), Accept="application/json")
        assert response["Content-Type"] == "application/problem+json"
        assert json.loads(response.content) == {
            "type": "/problems/too_many_requests",
            "title": "Slow down.",
            "detail": "Slow down.",
            "status": 429,
            "code": "too_many_requests",
            "retry_after": 3,
        }

    def test_defects_go_their_way(self, rf):
        assert self.refuse(rf, ZeroDivisionError()) is None

    def test_other_requests_pass_through(self, rf):
        assert DomainErrorMiddleware(answer("fine"))(rf.get("/")).content == b"fine"
