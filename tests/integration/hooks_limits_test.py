"""What a stranger without a token may take of the program: no memory to speak of, and no time."""
import gzip
import pathlib
import re
import socket
import time

import pytest
from hooks_support import PATIENCE, TOKEN, display, shared_demo, start  # noqa: F401

HEAD = "POST /api/demo/counter HTTP/1.1\r\nHost: 127.0.0.1\r\n"
MIB = 1 << 20
FLOOD = 150 * MIB
SLOW_CLIENTS = 540  # more than the server has threads


def most_memory(demo):
    """What the program has ever held, in bytes."""
    status = pathlib.Path(f"/proc/{demo.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def room(demo):
    """How often a sanitizer, where the program was built for one, holds what the program does."""
    libraries = pathlib.Path(f"/proc/{demo.process.pid}/maps").read_text()
    return 8 if "libtsan" in libraries or "libasan" in libraries else 1


def told(demo, head, body, size):
    """Sends the head and `size` bytes made of `body`; the answer, and how much was taken."""
    with socket.create_connection(("127.0.0.1", demo.port), timeout=PATIENCE) as client:
        sent = 0
        try:
            client.sendall(head.encode())
            while sent < size:
                client.sendall(body)
                sent += len(body)
        except OSError:
            pass  # hung up on
        try:
            return client.recv(65536), sent
        except OSError:
            return b"", sent


def test_a_chunked_body_is_refused_before_it_is_read(shared_demo):
    before = most_memory(shared_demo)
    chunk = b"100000\r\n" + b"x" * MIB + b"\r\n"
    answer, sent = told(shared_demo, HEAD + "Transfer-Encoding: chunked\r\n\r\n", chunk, FLOOD)
    assert sent < FLOOD
    assert most_memory(shared_demo) - before < 32 * MIB * room(shared_demo)
    answer, _ = told(shared_demo, HEAD + "Transfer-Encoding: chunked\r\n\r\n", b"", 0)
    assert b" 411 " in answer.split(b"\r\n")[0] and b"Content-Length" in answer


def test_a_packed_body_is_refused_before_it_is_unpacked(shared_demo):
    before = most_memory(shared_demo)
    body = gzip.compress(b"\0" * FLOOD)
    assert len(body) < MIB
    answer = shared_demo.request("POST", "/api/demo/counter", body, {"Content-Encoding": "gzip"})
    assert answer.status == 415 and "hint" in answer.json()
    assert most_memory(shared_demo) - before < 32 * MIB * room(shared_demo)


@pytest.mark.parametrize("head, line", [
    ("GET /livez HTTP/1.1\r\n", b"a: b\r\n" * 10000),
    ("GET /livez HTTP/1.1\r\nX: ", b"a" * 65536),
    ("GET /", b"a" * 65536),
], ids=["many lines", "a long line", "a long path"])
def test_a_head_without_end_is_hung_up_on(shared_demo, head, line):
    before = most_memory(shared_demo)
    _, sent = told(shared_demo, head, line, FLOOD)
    assert sent < FLOOD
    assert most_memory(shared_demo) - before < 96 * MIB * room(shared_demo)
    assert shared_demo.health()["state"] == "healthy"


def slow_client(demo):
    """A client that begins a request and takes its time."""
    client = socket.create_connection(("127.0.0.1", demo.port), timeout=PATIENCE)
    client.send(b"G")
    return client


def test_more_slow_clients_than_threads_do_not_keep_the_health_from_others(shared_demo):
    clients = [slow_client(shared_demo) for _ in range(SLOW_CLIENTS)]
    try:
        slowest, end = 0.0, time.monotonic() + 6
        while time.monotonic() < end:
            for i, client in enumerate(clients):
                try:
                    client.send(b"G")
                except OSError:  # hung up on: it comes back
                    client.close()
                    clients[i] = slow_client(shared_demo)
            begun = time.monotonic()
            assert shared_demo.health()["healthy"]
            slowest = max(slowest, time.monotonic() - begun)
            time.sleep(0.3)  # how slow they are
        assert slowest < 3
    finally:
        for client in clients:
            client.close()


def test_a_request_that_never_ends_is_hung_up_on_though_nobody_waits(shared_demo):
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", shared_demo.port), timeout=0.3) as client:
        while time.monotonic() < begun + PATIENCE:
            try:
                client.send(b"G")
                if client.recv(1) == b"":
                    break
            except socket.timeout:
                continue  # it still listens
            except OSError:
                break
    assert 4 < time.monotonic() - begun < PATIENCE


def test_who_waits_for_an_answer_is_never_hung_up_on(shared_demo):
    body = {"target": "Nowhere", "timeout_ms": 6000}
    assert shared_demo.post("/api/ui/hover", body).status == 404


def test_a_part_of_an_answer_is_not_given_as_the_whole(shared_demo):
    answer = shared_demo.request("GET", "/livez", headers={"Range": "bytes=0-1"})
    assert (answer.status, answer.text) == (200, "alive\n")


def test_two_hosts_are_refused(shared_demo):
    with socket.create_connection(("127.0.0.1", shared_demo.port), timeout=PATIENCE) as client:
        client.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: example.org\r\n\r\n")
        assert b" 400 " in client.recv(65536).split(b"\r\n")[0]


def test_a_body_of_the_largest_size_is_read_after_the_floods_too(shared_demo):
    answer = shared_demo.request("POST", "/api/demo/counter", b"x" * MIB, token=TOKEN)
    assert answer.status == 400
