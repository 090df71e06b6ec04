"""Who gets in, and what the server makes of nonsense."""
import json
import socket

import pytest
from hooks_support import PATIENCE, TOKEN, display, shared_demo  # noqa: F401

OPEN = ["/api/gui_health", "/livez", "/readyz", "/metrics"]
CLOSED = [
    ("POST", "/api/shutdown"),
    ("POST", "/api/gui_health/reset"),
    ("GET", "/api/demo/state"),
    ("POST", "/api/fault/exit"),
    ("GET", "/no/such/route"),
]


def raw(demo, text, then=None):
    """What the server says to these very bytes."""
    with socket.create_connection(("127.0.0.1", demo.port), timeout=PATIENCE) as client:
        client.sendall(text)
        if then is not None:
            client.shutdown(then)
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
    return answer


def test_the_four_reading_routes_are_open(shared_demo):
    for path in OPEN:
        assert shared_demo.request("GET", path, token=None).status == 200, path


def test_every_other_route_takes_the_token(shared_demo):
    for method, path in CLOSED:
        for token in (None, "wrong", TOKEN[:-1], TOKEN + "x"):
            answer = shared_demo.request(method, path, token=token)
            assert answer.status == 401, (method, path, token)
            assert set(answer.json()) == {"error", "hint"}
            assert TOKEN not in answer.text
    assert shared_demo.health()["state"] == "healthy"


def test_a_host_that_is_not_the_loopback_is_refused_on_all_routes(shared_demo):
    for path in [*OPEN, "/api/demo/state"]:
        answer = shared_demo.request("GET", path, headers={"Host": "rebound.example.org"})
        assert answer.status == 403, path
        assert "Host" in answer.json()["error"]
    assert shared_demo.request("GET", "/livez", headers={"Host": "localhost"}).status == 200


def test_a_foreign_origin_is_refused_on_all_routes(shared_demo):
    for origin in ("http://example.org", "null", f"http://127.0.0.1:{shared_demo.port + 1}"):
        for path in [*OPEN, "/api/demo/state"]:
            assert shared_demo.request("GET", path, headers={"Origin": origin}).status == 403, path
    assert shared_demo.request("GET", "/livez", headers={"Origin": shared_demo.url}).status == 200


def test_the_server_listens_on_the_loopback_alone(shared_demo):
    listeners = set()
    with open("/proc/net/tcp") as table:
        for line in list(table)[1:]:
            address, state = line.split()[1], line.split()[3]
            if state == "0A" and int(address.split(":")[1], 16) == shared_demo.port:
                listeners.add(address.split(":")[0])
    assert listeners == {"0100007F"}


def test_an_unknown_path_and_a_wrong_method_say_what_to_do(shared_demo):
    missing = shared_demo.request("GET", "/api/nothing")
    assert missing.status == 404 and "/api/nothing" in missing.json()["error"]
    wrong = shared_demo.request("GET", "/api/shutdown")
    assert wrong.status == 405 and wrong.json()["hint"] == "use POST"


def test_a_body_over_one_mebibyte_is_refused(shared_demo):
    assert shared_demo.post("/api/demo/counter", b"x" * (1 << 20)).status == 400  # read, and no JSON
    assert shared_demo.post("/api/demo/counter", b"x" * ((1 << 20) + 1)).status == 413


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x00\xff\xfe\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /livez HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nX: " + b"a" * 20000 + b"\r\n\r\n",
        b"POST /api/demo/job HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
    ],
)
def test_nonsense_is_refused_and_the_server_goes_on(shared_demo, nonsense):
    answer = raw(shared_demo, nonsense, then=socket.SHUT_WR)
    assert answer == b"" or answer.split()[1] not in (b"200", b"500")
    assert shared_demo.health()["state"] == "healthy"


def test_a_connection_carries_one_request(shared_demo):
    request = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert raw(shared_demo, request + request).count(b"HTTP/1.1 200") == 1


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b"\xff", b'{"add": "x"}', b'{"add": 1e400}'])
def test_a_body_that_does_not_fit_is_a_400_with_a_hint(shared_demo, body):
    answer = shared_demo.post("/api/demo/counter", body)
    assert answer.status == 400
    assert set(json.loads(answer.text)) == {"error", "hint"}
    assert shared_demo.state()["counter"] == 0


def test_a_post_without_a_length_has_no_body(shared_demo):
    for path, status in (("/api/gui_health/reset", b" 200 "), ("/api/no_such_route", b" 404 ")):
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
        assert status in raw(shared_demo, head.encode()).split(b"\r\n")[0], path
