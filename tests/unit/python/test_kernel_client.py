"""Both kernel clients against a host that speaks the HTTP interface."""

from __future__ import annotations

import base64
import json
import os
import threading
from pathlib import Path

import pytest

from either_client import KINDS, Either
from fake_kernels import Host
from proctor import ExecutionError, ExecutionResult, ExecutionTimeout, KernelDied, SubjectDied
from proctor.kernel_errors import ExecutionInterrupted, KernelError

PNG = base64.b64encode(b"\x89PNG not really").decode()


@pytest.fixture
def host():
    made = Host()
    thread = threading.Thread(target=made.serve_forever, args=[0.01], daemon=True)
    thread.start()
    yield made
    made.end()
    made.shutdown()
    made.server_close()


@pytest.fixture(params=KINDS)
def make(request, host):
    """Makes clients of that host; closes them with the test."""
    made = []

    def client(**options):
        options = {"url": host.url, "token": host.token, **options}
        made.append(Either(request.param, **options))
        return made[-1]

    yield client
    for one in made:
        one.end()


@pytest.fixture
def kernel(make):
    return make()


def asked(host, path):
    return [body for method, where, body in host.log if method == "POST" and where.endswith(path)]


def test_the_value_of_the_last_expression_is_the_text(kernel):
    result = kernel.execute("x = 6\nx * 7")
    assert (result.text, result.end, result.ok) == ("42", "ok", True)
    assert result.data == {"text/plain": "42"} and result.execution_count == 1
    assert result.duration_ms > 0 and result.images == []


def test_nothing_printed_is_none(kernel):
    result = kernel.execute("x = 1")
    assert result.text is None and result.data is None and result.chunks == []


def test_streams_and_values_are_joined_in_order(kernel):
    result = kernel.execute("import sys\nprint('a')\nprint('b', file=sys.stderr)\ndisplay(3)\n'd'")
    assert result.text == "a\nb\n3\n'd'"
    assert (result.stdout, result.stderr) == ("a\n", "b\n")


def test_an_error_has_name_value_and_traceback_without_colours(kernel):
    with pytest.raises(ExecutionError) as caught:
        kernel.execute("print('before')\n1 / 0")
    error = caught.value
    assert (error.name, error.value) == ("ZeroDivisionError", "division by zero")
    assert "Cell In [1], line 2" in error.traceback and "\x1b" not in str(error)
    assert str(error).startswith("ZeroDivisionError: division by zero\n")
    assert error.result.text == "before" and error.result.end == "error"


def test_an_error_may_be_had_as_a_result(kernel):
    result = kernel.execute("1 / 0", raise_on_error=False)
    assert result.end == "error" and result.error.name == "ZeroDivisionError"
    assert kernel.execute("1").text == "1"


def test_chunks_come_before_the_end(kernel, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    stream = kernel.stream(f"print('one')\nopen({str(gate)!r}).read()\nprint('two')\n3")
    first = next(stream)
    assert (first, first.kind, first.name) == ("one\n", "stream", "stdout")
    gate.write_text("go")  # only now the cell can go on
    rest = list(stream)
    assert [(c.kind, str(c)) for c in rest[:-1]] == [("stream", "two\n"), ("result", "3")]
    assert isinstance(rest[-1], ExecutionResult) and rest[-1].text == "one\ntwo\n3"


def test_a_stream_raises_in_place_of_the_result(kernel):
    seen = []
    with pytest.raises(ExecutionError):
        for chunk in kernel.stream("print(1)\n1 / 0"):
            seen.append(chunk)
    assert [c.kind for c in seen] == ["stream", "error"]
    assert "ZeroDivisionError" in seen[-1] and "\x1b" not in seen[-1]


def test_whoever_leaves_a_stream_interrupts_its_code(kernel):
    for chunk in (stream := kernel.stream("print(1)\nimport time\nwhile True: time.sleep(1)")):
        assert chunk == "1\n"
        break
    stream.close()
    assert kernel.result_of(1, timeout=60).end == "interrupted"
    assert kernel.execute("2").text == "2"


def test_a_timeout_interrupts_and_keeps_the_variables(kernel):
    kernel.execute("kept = 'still here'")
    with pytest.raises(TimeoutError) as caught:
        kernel.execute("print('on')\nwhile True: pass", timeout=0.3)
    assert isinstance(caught.value, ExecutionTimeout) and caught.value.result.text == "on"
    assert "did not end within 0.3 s" in str(caught.value) and "line 2" in str(caught.value)
    assert kernel.execute("kept").text == "'still here'"


def test_a_death_says_the_signal_and_what_to_do(kernel):
    with pytest.raises(KernelDied) as caught:
        kernel.execute("print('last words')\nimport os\nos.kill(os.getpid(), 9)")
    assert isinstance(caught.value, SubjectDied)
    assert "SIGKILL" in str(caught.value) and "reset()" in str(caught.value)
    assert caught.value.result.text == "last words"
    with pytest.raises(KernelDied, match=r"SIGKILL.*reset\(\)"):
        kernel.execute("1")
    kernel.reset()
    assert kernel.execute("1").text == "1"


@pytest.mark.parametrize("how", ["reset", "restart"])
def test_a_reset_forgets_everything(kernel, how):
    kernel.execute("x = 1")
    before = kernel.status()
    getattr(kernel, how)()
    assert kernel.execute("'x' in globals()").text == "False"
    after = kernel.status()
    assert after["starts"] == before["starts"] + 1 and after["pid"] != before["pid"]
    assert after["id"] == before["id"]


def test_clients_share_nothing(make):
    one, other = make(), make()
    one.execute("x = 1")
    assert other.execute("'x' in globals()").text == "False"
    assert one.kernel_id != other.kernel_id


def test_each_client_has_its_directory_and_environment(make, tmp_path):
    (tmp_path / "a").mkdir()
    one = make(cwd=tmp_path / "a", env={"SAID": "one"})
    code = "import os\nprint(os.getcwd(), os.environ.get('SAID'))"
    assert one.execute(code).text == f"{tmp_path / 'a'} one"
    assert make().execute(code).text == f"{os.getcwd()} None"
    with pytest.raises(TypeError, match="'N'"):
        make(env={"N": 1})


def test_images_are_files_in_the_callers_folder(make, tmp_path):
    kernel = make(images_dir=tmp_path / "made" / "images")
    code = f"display({{'image/png': '{PNG}', 'text/plain': '<Figure>'}})\nprint('drawn')"
    first = kernel.execute(code)
    assert first.text == "drawn" and [f.suffix for f in first.images] == [".png"]
    assert first.images[0].read_bytes() == b"\x89PNG not really"
    assert first.images[0].parent == tmp_path / "made" / "images"
    svg = kernel.execute("display({'image/svg+xml': '<svg/>', 'image/jpeg': 'aGk='})")
    assert sorted(f.suffix for f in svg.images) == [".jpg", ".svg"]
    other = make(images_dir=tmp_path / "made" / "images").execute(code)
    assert other.images[0] not in (*first.images, *svg.images)  # nothing is overwritten


def test_images_without_a_folder_go_with_the_client(make):
    kernel = make()
    (image,) = kernel.execute(f"display({{'image/png': '{PNG}'}})").images
    assert image.exists()
    kernel.close()
    assert not image.parent.exists()


def test_updates_replace_what_they_name(kernel):
    result = kernel.execute(
        "display(1, display_id='a')\ndisplay(2)\ndisplay(3, display_id='a', update=True)"
    )
    assert result.text == "3\n2" and [c.kind for c in result.chunks] == ["display"] * 2 + ["update"]


def test_cleared_output_is_gone(kernel):
    code = f"display({{'image/png': '{PNG}'}})\nprint('old')\nclear_output(wait=WAIT)\n"
    now = kernel.execute(code.replace("WAIT", "False") + "print('new')")
    assert now.text == "new" and now.images == [] and now.stdout == "old\nnew\n"
    assert kernel.execute(code.replace("WAIT", "True")).text == "old"  # nothing came to take its place
    assert kernel.execute(code.replace("WAIT", "True") + "7").text == "7"


def test_carriage_returns_stay(kernel):
    assert kernel.execute("print('10%\\r20%')").text == "10%\r20%"


def test_questions_are_answered_by_the_callable(kernel):
    prompts = []
    result = kernel.execute(
        "a = input('name? ')\nb = input('age? ')\na + b",
        on_input=lambda prompt: (prompts.append(prompt), str(len(prompts)))[1],
    )
    assert prompts == ["name? ", "age? "] and result.text == "'12'"


def test_questions_are_answered_by_a_reply(kernel):
    for chunk in kernel.stream("input('name? ')", allow_stdin=True):
        if getattr(chunk, "kind", "") == "input":
            assert chunk == "name? " and not chunk.password
            kernel.reply("me")
    assert chunk.text == "'me'"
    with pytest.raises(KernelError, match="does not wait for a line"):
        kernel.reply("me")


def test_a_question_that_nobody_can_answer_is_an_error(kernel):
    with pytest.raises(ExecutionError, match="StdinNotImplementedError"):
        kernel.execute("input()")


def test_an_interrupt_from_elsewhere_is_told(kernel):
    stream = kernel.stream("print('on')\nwhile True: pass")
    assert next(stream) == "on\n"
    kernel.interrupt()
    with pytest.raises(ExecutionInterrupted) as caught:
        list(stream)
    assert caught.value.name == "KeyboardInterrupt" and caught.value.result.end == "interrupted"
    assert kernel.execute("1").text == "1"


def test_the_loop_is_taken_over_and_given_back(kernel):
    loop = kernel.loop
    loop.start()
    first, second, third = (loop.enqueue(code) for code in ("'a'", "1 / 0", "'c'"))
    with pytest.raises(KernelError, match=r"loop\.step\(\)"):
        kernel.execute("1")
    assert kernel.status()["queued"] == [first, second, third]
    assert loop.step() == first
    assert kernel.result_of(first).text == "'a'"
    assert loop.step() == second
    assert kernel.result_of(second).error.name == "ZeroDivisionError"
    assert loop.stop() == [third]
    assert kernel.result_of(third).cancelled
    assert kernel.execute("'on'").text == "'on'"


def test_settling_runs_all_that_is_queued(kernel):
    loop = kernel.loop
    loop.start()
    assert loop.settle(10) is True and loop.step() is None
    requests = [loop.enqueue(f"print({n})") for n in range(3)]
    assert loop.settle(60) is True
    assert [kernel.result_of(request).text for request in requests] == ["0", "1", "2"]
    endless = loop.enqueue("while True: pass")
    assert loop.settle(0.2) is False
    with pytest.raises(KernelError, match="has not ended within 0.1 s"):
        kernel.result_of(endless, timeout=0.1)
    kernel.interrupt()
    assert kernel.result_of(endless).end == "interrupted"


def test_hooks_are_values_of_each_phase(kernel):
    kernel.execute("print('x')")
    calls = kernel.hooks()
    phases = ["preparation", "pre_execution", "post_execution", "on_finish"]
    assert [call.phase for call in calls] == phases
    assert calls[0].outcome == "pending" and calls[0].result is None and calls[0].outputs == []
    assert calls[3].outcome == "success" and calls[3].result.text == "x"
    assert [call.phase for call in kernel.hooks(since=3)] == ["on_finish"]


def test_completion_and_inspection_take_the_end_by_default(kernel, host):
    assert kernel.complete("h")["matches"] == ["hello"]
    assert kernel.inspect("print", detail=1)["found"] is True
    assert asked(host, "/complete") == [{"code": "h", "cursor": 1}]
    assert asked(host, "/inspect") == [{"code": "print", "cursor": 5, "detail": 1}]


def test_large_code_and_output_arrive_whole(kernel):
    code = f"text = {'x' * 500_000!r}\nprint(len(text))\nprint(text)"
    result = kernel.execute(code)
    assert result.text == "500000\n" + "x" * 500_000
    with pytest.raises(KernelError, match="1 MiB"):
        kernel.execute(f"text = {'x' * 1_100_000!r}")
    assert kernel.execute("len(text)").text == "500000"


def test_the_options_arrive(make, host, tmp_path):
    make(env={"A": "b"}, cwd=tmp_path, sandbox="bwrap", spares=2, startup_timeout=7).start()
    (body,) = asked(host, "/api/kernels")
    assert body == {
        "kernel": "python3", "cwd": str(tmp_path), "env": {"A": "b"}, "sandbox": "bwrap",
        "spares": 2, "ready_timeout_s": 7,
    }  # fmt: skip


def test_a_kernel_that_cannot_start_says_why(make):
    with pytest.raises(KernelDied, match="there is no kernel 'julia'"):
        make(kernel="julia").execute("1")


def test_a_kernel_that_is_not_ready_in_time_is_ended(make, host):
    kernel = make(env={"MINI_KERNEL": "never ready"}, startup_timeout=0.3)
    with pytest.raises(KernelError, match=r"was not ready within 0.3 s.*startup_timeout="):
        kernel.start()
    assert len(asked(host, "/shutdown")) == 1


def test_a_reset_into_a_kernel_that_ends_at_once_is_told(make, host):
    kernel = make()
    kernel.execute("1")
    with host.changed:
        host.kernels[kernel.kernel_id].body["kernel"] = "gone"
    with pytest.raises(KernelDied, match="could not be started: there is no kernel 'gone'"):
        kernel.reset()


def test_an_attached_kernel_is_left_alone(make, host):
    owner = make()
    owner.execute("x = 5")
    guest = make(kernel_id=owner.kernel_id)
    assert guest.execute("x").text == "5"
    guest.close()
    assert asked(host, "/shutdown") == [] and owner.execute("x").text == "5"


def test_a_closed_client_ends_its_kernel_and_says_so(make, host):
    kernel = make()
    kernel.execute("1")
    kernel.close()
    kernel.close()
    assert len(asked(host, "/shutdown")) == 1
    with pytest.raises(KernelError, match="this client is closed"):
        kernel.execute("1")


def test_a_host_that_is_gone_is_told(make):
    kernel = make(url="http://127.0.0.1:9")
    with pytest.raises(KernelError, match="127.0.0.1:9 gave no answer"):
        kernel.execute("1")


def test_a_program_without_kernels_is_told(make, host):
    with pytest.raises(KernelError, match="token is wrong. it stands in PROCTOR_TOKEN"):
        make(token="other").execute("1")
    with pytest.raises(KernelError, match="k99.*there are"):
        make(kernel_id="k99").execute("1")


def test_a_chunk_is_what_it_prints():
    from proctor import Chunk

    chunk = Chunk({"kind": "result", "data": {"text/plain": ["a\n", "b"]}, "execution_count": 3})
    assert chunk == "a\nb" == chunk.text and chunk.execution_count == 3
    assert Chunk({"kind": "display", "data": {"image/png": PNG, "text/plain": "<x>"}}) == ""
    assert Path(json.loads(json.dumps(Chunk({"kind": "stream", "text": "t"})))) == Path("t")
