"""The health answer of a real program, and its ways of starting and ending."""
import os
import pathlib
import signal
import socket
import time

from hooks_support import PATIENCE, TOKEN, demo, display, start  # noqa: F401


def half_open(port, sent):
    client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    client.sendall(sent)
    return client


def test_a_started_program_is_healthy_and_says_who_it_is(demo):
    health = demo.health()
    assert health["state"] == "healthy"
    assert health["degraded_reason"] is None
    assert health["app"] == "proctor_demo"
    assert health["pid"] == demo.process.pid
    assert health["generation"] == 5
    assert health["io_pool_alive"] is True
    assert health["frame_ms"]["p99"] >= health["frame_ms"]["p50"] >= 0


def test_before_its_first_frame_a_program_is_starting(start):
    demo = start("--slow-start", "600000")
    health = demo.health()
    assert (health["state"], health["healthy"], health["frame"]) == ("starting", False, 0)
    assert demo.request("GET", "/readyz", token=None).status == 503
    assert demo.request("GET", "/livez", token=None).status == 200


def test_a_slow_start_ends_healthy(start):
    demo = start("--slow-start", "300")
    assert demo.health()["state"] == "starting"
    demo.healthy()
    assert demo.request("GET", "/readyz", token=None).status == 200


def test_each_health_request_makes_an_idle_program_draw_two_frames(demo):
    before = demo.health()["frame"]
    began = time.monotonic()
    for _ in range(10):
        seen = demo.health()["frame"]
        demo.health_when(lambda health: health["frame"] >= seen + 2)
    # Without the wake-up an idle program draws two frames a second.
    assert time.monotonic() - began < 5
    assert demo.health()["frame"] >= before + 20


def test_metrics_are_open_and_count_frames(demo):
    text = demo.request("GET", "/metrics", token=None).text
    assert "\nproctor_hooks_healthy 1" in text
    assert "# TYPE proctor_hooks_frames_total counter" in text


def test_slow_half_open_clients_do_not_delay_health(demo):
    clients = [half_open(demo.port, b"") for _ in range(30)]
    clients += [half_open(demo.port, b"GET /api/gui_health HT") for _ in range(30)]
    clients += [
        half_open(demo.port, b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc")
        for _ in range(30)
    ]
    began = time.monotonic()
    for _ in range(5):
        assert demo.health()["state"] == "healthy"
    assert time.monotonic() - began < 2  # a blocked pool would take its read timeout of 5 s
    for client in clients:
        client.close()


def test_more_silent_clients_than_there_are_threads_do_not_delay_health(demo):
    clients = [half_open(demo.port, b"GET /api/gui_health HT") for _ in range(700)]
    began = time.monotonic()
    for _ in range(5):
        assert demo.health()["state"] == "healthy"
    assert time.monotonic() - began < 3  # the read timeout alone is 5 s
    for client in clients:
        client.close()


def test_half_open_clients_do_not_delay_a_shutdown(demo):
    clients = [half_open(demo.port, b"GET /slow HT") for _ in range(20)]
    demo.health()  # the connections before this one have their threads by now
    began = time.monotonic()
    assert demo.post("/api/shutdown").status == 202
    assert demo.returncode() == 0
    assert time.monotonic() - began < 4
    for client in clients:
        client.close()


def test_a_shutdown_ends_a_program_that_is_still_starting(start):
    demo = start("--slow-start", "600000")
    assert demo.post("/api/shutdown").status == 202
    assert demo.returncode() == 0


def test_a_terminated_program_ends_by_the_signal(demo):
    demo.process.terminate()
    assert demo.returncode() == -signal.SIGTERM


def test_the_discovery_file_is_private_and_goes_with_the_program(demo):
    runtime = demo.log.parent.parent / "runtime" / "proctor"
    found = runtime / f"{demo.process.pid}.json"
    assert found.stat().st_mode & 0o777 == 0o600
    assert runtime.stat().st_mode & 0o777 == 0o700
    assert TOKEN in found.read_text() and demo.url in found.read_text()
    demo.post("/api/shutdown")
    demo.returncode()
    assert not found.exists()


def test_a_taken_port_is_named_and_ends_the_program(demo, start):
    second = start("--port", str(demo.port))
    assert second.returncode() == 1
    assert str(demo.port) in second.log.read_text()


def test_without_a_display_the_program_says_so(start):
    demo = start(DISPLAY=":none", WAYLAND_DISPLAY="")
    assert demo.returncode() == 1
    assert "cannot open a window" in demo.log.read_text()


def test_an_unknown_argument_is_a_usage_error(start):
    assert start("--no-such-option").returncode() == 2


def test_a_workspace_that_cannot_be_made_is_told(start):
    demo = start(workspace="/proc/nowhere")
    assert demo.returncode() == 1
    assert "/proc/nowhere" in demo.log.read_text()


def test_an_idle_program_costs_next_to_nothing(demo):
    def cpu_seconds():
        fields = pathlib.Path(f"/proc/{demo.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before = cpu_seconds()
    time.sleep(1)  # what is measured is the time in which nobody asks
    assert cpu_seconds() - before < 0.25
