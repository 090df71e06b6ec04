"""live_gui under plain pytest: the plugin keeps the program by itself."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import socket

import pytest

BREAKS = """
    def test_one(live_gui): live_gui.request("POST", "/break/{fault}")
    def test_two(live_gui): open("two", "w").write(str(live_gui.pid))
    def test_three(live_gui): open("three", "w").write(str(live_gui.pid))
"""
PIDS = """
    import pathlib, pytest
    @pytest.fixture(autouse=True)
    def note(live_gui, request):
        with open("pids", "a") as log:
            print(request.node.name, live_gui.generation, live_gui.pid, file=log)
"""


def breaking(fault):
    return BREAKS.replace("{fault}", fault)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def generations(live):
    lines = (live.path / "pids").read_text().splitlines()
    return {line.split()[0]: int(line.split()[1]) for line in lines}


def test_the_handle_knows_the_program(live):
    live.write(
        test_a="""
            import os
            def test_a(live_gui):
                said = live_gui.request("GET", "/env").json()
                assert said["argv"][1] == str(live_gui.port)
                assert live_gui.url == f"http://127.0.0.1:{live_gui.port}"
                assert said["env"]["PROCTOR_GENERATION"] == str(live_gui.generation) == "1"
                assert said["env"]["PROCTOR_HOOKS_TOKEN"] == live_gui.token
                assert "PYTEST_CURRENT_TEST" not in said["env"]
                assert said["cwd"] == os.getcwd()
                assert list(live_gui.workspace.iterdir()) == []
                health = live_gui.health()
                assert health.healthy and health.state == "healthy" and health.frame > 0
                assert health.pid == live_gui.pid
                live_gui.ensure_healthy()
                answer = live_gui.request("POST", "echo", json={"x": 1})
                assert (answer.status, answer.json()["body"]) == (200, {"x": 1})
                assert live_gui.request("GET", "/nowhere").status == 404
                assert answer.headers["content-length"]
        """
    )
    assert live.run().outcomes == {"test_a": "passed"}


@pytest.mark.parametrize(
    "fault, reason",
    [
        ("assert", "generation 1 is degraded: ImGui assert: Missing End()"),
        ("hang", "generation 1 is hung: it answers, but its frame counter has stood at"),
        ("mute", "generation 1 is hung: it lives, but has not answered for 0.7 s"),
    ],
)
def test_the_next_test_gets_a_fresh_generation_and_says_why(live, fault, reason):
    live.write(test_a=breaking(fault))
    run = live.run()
    assert set(run.outcomes.values()) == {"passed"}
    assert f"test_a.py: respawned, generation 2: {reason}" in run.text
    assert (live.path / "two").read_text() == (live.path / "three").read_text()


@pytest.mark.parametrize("fault", ["assert", "hang", "mute"])
def test_with_never_the_doomed_tests_fail_at_once_with_the_reason(live, fault):
    live.configure(when="never")
    live.write(test_a=breaking(fault))
    run = live.run()
    assert run.outcomes == {"test_one": "passed", "test_two": "error", "test_three": "error"}
    assert run.seconds["test_three"] < 1.0
    assert run.text.count("proctor.SubjectUnavailable: generation 1 is") >= 2
    assert "This test cannot proceed on a dirty subject." in run.text
    if fault == "assert":
        assert run.seconds["test_two"] < 1.0
        assert "assert: Missing End()" in run.text and "at imgui.cpp:812" in run.text
        assert "DrawProjects + 0x11" in run.text


@pytest.mark.parametrize("fault, how", [("die", "exit code 3"), ("abort", "SIGABRT")])
def test_a_program_that_dies_in_mid_test_is_told_of(live, fault, how):
    live.write(test_a=breaking(fault))
    run = live.run()
    assert run.outcomes == {"test_one": "failure", "test_two": "passed", "test_three": "passed"}
    assert f"proctor.SubjectDied: POST /break/{fault}: the subject (generation 1" in run.text
    assert f"({how})" in run.text
    assert f"respawned, generation 2: generation 1 is dead: {how}" in run.text
    if fault == "die":
        assert "last words" in run.text


def test_with_never_the_dead_are_known_at_once(live):
    live.configure(when="never")
    live.write(test_a=breaking("die"))
    run = live.run()
    assert run.outcomes == {"test_one": "failure", "test_two": "error", "test_three": "error"}
    assert run.seconds["test_two"] < 1.0 and run.seconds["test_three"] < 1.0
    assert "generation 1 is dead: exit code 3" in run.text


@pytest.mark.parametrize(
    "when, expected",
    [
        ("unhealthy", [1, 1, 1, 1, 1]),
        ("file", [1, 1, 1, 1, 2]),
        ("class", [1, 2, 2, 3, 4]),
        ("test", [1, 2, 3, 4, 5]),
    ],
)
def test_policies_restart_at_their_boundaries(live, when, expected):
    live.configure(when=when)
    live.write(
        conftest=PIDS,
        test_a="""
            def test_1(): pass
            class TestX:
                def test_2(self): pass
                def test_3(self): pass
            class TestY:
                def test_4(self): pass
        """,
        test_b="def test_5(): pass",
    )
    run = live.run()
    assert set(run.outcomes.values()) == {"passed"}
    assert list(generations(live).values()) == expected


def test_each_generation_has_a_workspace_of_its_own(live):
    live.write(
        test_a="""
            import pytest
            @pytest.mark.parametrize("n", range(3))
            def test_a(live_gui, n):
                assert list(live_gui.workspace.iterdir()) == []
                (live_gui.workspace / "mine").touch()
                with open("seen", "a") as log: print(live_gui.workspace, file=log)
                live_gui.request("POST", "/break/assert")
        """
    )
    assert set(live.run().outcomes.values()) == {"passed"}
    seen = (live.path / "seen").read_text().splitlines()
    assert len(set(seen)) == 3 and not any(os.path.exists(path) for path in seen)


def test_a_spent_budget_refuses_the_rest_at_once(live):
    live.configure(more='budget = "2 in 1m"')
    live.write(
        test_a="""
            import pytest
            @pytest.mark.parametrize("n", range(6))
            def test_a(live_gui, n): live_gui.request("POST", "/break/assert")
        """
    )
    run = live.run()
    assert list(run.outcomes.values()) == ["passed"] * 3 + ["error"] * 3
    assert "the subject needed more than 2 restarts in 60 s" in run.text
    assert run.seconds["test_a[4]"] < 1.0


def test_tests_without_live_gui_start_nothing(live):
    live.configure(mode="dies_at_once")
    live.write(test_a="def test_a(): pass")
    run = live.run()
    assert run.code == 0 and "= live programs =" not in run.text


def test_a_program_that_dies_at_once_shows_its_last_words(live):
    live.configure(mode="dies_at_once")
    live.write(test_a=breaking("assert"))
    run = live.run()
    assert set(run.outcomes.values()) == {"error"}
    assert "did not become ready: it ended at once (exit code 5)" in run.text
    assert "cannot find my data" in run.text
    assert run.seconds["test_three"] < 0.5


def test_a_program_that_never_gets_ready_costs_its_time_limit_once(live):
    live.configure(mode="never_ready")
    file = live.path / "proctor.toml"
    file.write_text(file.read_text().replace('"10s"', '"500ms"'))
    live.write(test_a=breaking("assert"))
    run = live.run()
    assert re.search(r"http://127.0.0.1:\d+/api/gui_health did not answer within 0.5 s", run.text)
    assert "{port}" not in run.text
    first = run.text.split("generation 1 of the subject")[1].split("Error")[0]
    assert "dirty subject" not in first.split("the end of its output")[1].split("\n\n")[0]
    assert run.seconds["test_two"] < 0.5


def test_a_command_that_does_not_exist_is_named(live):
    live.file("proctor.toml", '[subject]\ncommand = ["no_such_program"]\n')
    live.write(test_a=breaking("assert"))
    run = live.run()
    assert "the command 'no_such_program' of" in run.text
    assert "No such file or directory" in run.text


def test_a_taken_port_names_its_holder(live):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        live.configure(top=f"port = {port}")
        live.write(test_a=breaking("assert"))
        run = live.run()
    assert re.search(rf"port {port} is taken by '.*pytest.*' \(pid {os.getpid()}\)", run.text)


def test_without_a_configuration_the_error_says_so(live):
    (live.path / "proctor.toml").unlink()
    live.write(test_a=breaking("assert"))
    run = live.run()
    assert "proctor.ConfigError: live_gui needs a proctor.toml" in run.text


def test_requests_tell_in_what_condition_the_program_is(live):
    live.write(
        test_a="""
            import pytest, proctor
            def test_slow(live_gui):
                with pytest.raises(proctor.RequestFailed, match="no answer within 0.2 s.*healthy"):
                    live_gui.request("GET", "/slow", timeout=0.2)
            def test_waiting(live_gui):
                assert live_gui.wait_until(lambda: live_gui.health().frame, 1) > 0
                with pytest.raises(proctor.WaitTimeout, match="waited 0.05 s for the moon"):
                    live_gui.wait_until(lambda: None, 0.05, "the moon")
            def test_degraded(live_gui):
                live_gui.request("POST", "/break/assert")
                with pytest.raises(proctor.SubjectUnavailable, match="(?s)degraded.*Missing End"):
                    live_gui.ensure_healthy()
            def test_mute(live_gui):
                live_gui.request("POST", "/break/mute")
                with pytest.raises(proctor.SubjectHung, match="lives but answers nothing"):
                    live_gui.request("GET", "/env", timeout=0.2)
            def test_dead(live_gui):
                with pytest.raises(proctor.SubjectDied, match="exit code 3"):
                    live_gui.request("POST", "/break/die")
                with pytest.raises(proctor.SubjectUnavailable, match="ended"):
                    live_gui.ensure_healthy()
        """
    )
    run = live.run()
    assert set(run.outcomes.values()) == {"passed"}, run.text


def test_a_subject_asked_for_in_mid_test_is_started_then(live):
    live.write(test_a="def test_a(request): assert request.getfixturevalue('live_gui').pid")
    assert live.run().outcomes == {"test_a": "passed"}


def test_nothing_is_left_running(live):
    live.write(
        test_a="""
            def test_a(live_gui):
                left = live_gui.request("POST", "/break/grandchild").json()["pid"]
                open("pids", "w").write(f"{live_gui.pid} {left}")
        """
    )
    assert live.run().code == 0
    assert not any(map(is_alive, (live.path / "pids").read_text().split()))


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_the_program_does_not_outlive_an_ended_pytest(live, ending):
    live.write(
        test_a="""
            import os, sys, threading
            def test_a(live_gui):
                os.write(1, f"pid={live_gui.pid}\\n".encode())
                threading.Event().wait()
        """
    )
    process = live.start("-s")
    pid = 0
    while not pid:
        pid = int((re.findall(r"pid=(\d+)", process.stdout.readline()) or [0])[0])
    watched = os.pidfd_open(pid)
    try:
        process.send_signal(ending)
        process.communicate(timeout=20)
        assert select.select([watched], [], [], 10)[0], "the program is still alive"
    finally:
        process.kill()
        if not select.select([watched], [], [], 0)[0]:
            signal.pidfd_send_signal(watched, signal.SIGKILL)
        os.close(watched)


@pytest.mark.skipif(not shutil.which("Xvfb"), reason="needs Xvfb")
def test_a_virtual_display_is_the_programs_own(live):
    live.configure(top="")
    file = live.path / "proctor.toml"
    file.write_text(file.read_text().replace('"inherit"', '"virtual"'))
    live.write(
        test_a="""
            import os
            def test_a(live_gui):
                display = live_gui.request("GET", "/env").json()["env"]["DISPLAY"]
                assert os.path.exists("/tmp/.X11-unix/X" + display[1:])
                open("display", "w").write(display[1:])
        """
    )
    assert live.run().outcomes == {"test_a": "passed"}
    number = (live.path / "display").read_text()
    assert not os.path.exists(f"/tmp/.X{number}-lock")


def test_an_honest_failure_leaves_the_program_alone(live):
    live.write(
        conftest=PIDS,
        test_a="def test_1(): assert 0\ndef test_2(): pass",
        test_b="def test_3(): pass",
    )
    run = live.run()
    assert run.outcomes == {"test_1": "failure", "test_2": "passed", "test_3": "passed"}
    assert set(generations(live).values()) == {1}
    assert "test_b.py: reused, generation 1" in run.text
