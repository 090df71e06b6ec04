"""Both Python clients against a real host, `proctor kernels`, and real kernels."""

from __future__ import annotations

import asyncio
import base64
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "unit" / "python"))

from either_client import KINDS, LIMIT, Either  # noqa: E402
from proctor import (  # noqa: E402
    BlockingKernelClient,
    ExecutionError,
    ExecutionInterrupted,
    ExecutionResult,
    ExecutionTimeout,
    KernelClient,
    KernelDied,
    KernelError,
)

# The smallest picture there is: one transparent dot.
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module", autouse=True)
def world(tmp_path_factory):
    """The built program, and nothing of the user's state."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("PROCTOR_URL", "PROCTOR_TOKEN", "PYTEST_CURRENT_TEST"):
            patch.delenv(name, raising=False)
        folder = Path(os.environ.get("PROCTOR_BIN_DIR", ROOT / "build/release/bin"))
        patch.setenv("PROCTOR_BIN", str((ROOT / folder / "proctor").resolve()))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        runtime = tmp_path_factory.mktemp("run")
        runtime.chmod(0o700)
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        yield


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def shared(kind, world):
    """One kernel for the tests that do no harm; each takes names of its own."""
    client = Either(kind)
    with client:
        yield client


@pytest.fixture
def make(kind):
    """Kernels of the test's own."""
    made = []

    def client(*args, **options):
        made.append(Either(kind, *args, **options))
        return made[-1]

    yield client
    for one in made:
        one.end()


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until_gone(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    assert select.select([descriptor], [], [], LIMIT)[0], f"process {pid} lives on"
    os.close(descriptor)


# ---- execution ----


def test_values_and_prints_are_joined_in_order(shared):
    result = shared.execute("print('a')\nprint('b')\n6 * 7")
    assert (result.text, result.end, result.ok) == ("a\nb\n42", "ok", True)
    assert result.stdout == "a\nb\n" and result.data == {"text/plain": "42"}
    assert result.duration_ms > 0 and result.error is None


def test_nothing_printed_is_none(shared):
    result = shared.execute("nothing = 1")
    assert result.text is None and result.images == [] and result.data is None


def test_stderr_is_told_apart(shared):
    result = shared.execute("import sys\nprint('out')\nprint('err', file=sys.stderr)")
    assert (result.stdout, result.stderr) == ("out\n", "err\n")


def test_unicode_and_top_level_await_work(shared):
    assert shared.execute("import asyncio\nawait asyncio.sleep(0)\n'é𝄞'").text == "'é𝄞'"


def test_state_is_kept_between_executions(shared):
    first = shared.execute("def kept(): return 'kept'")
    second = shared.execute("kept()")
    assert second.text == "'kept'" and second.execution_count == first.execution_count + 1


# ---- errors ----


def test_an_error_has_name_value_and_traceback_without_colours(shared):
    with pytest.raises(ExecutionError) as caught:
        shared.execute("print('before')\ndef f():\n    raise ValueError('wrong')\nf()")
    error = caught.value
    assert (error.name, error.value) == ("ValueError", "wrong")
    assert "line 4" in error.traceback and "raise ValueError('wrong')" in error.traceback
    assert "\x1b" not in str(error) and "ValueError: wrong" in str(error)
    assert error.result.text == "before"


def test_a_syntax_error_is_an_error_too(shared):
    with pytest.raises(ExecutionError, match="SyntaxError"):
        shared.execute("x = = 1")
    assert shared.execute("1").text == "1"


def test_an_error_may_be_had_as_a_result(shared):
    result = shared.execute("1 / 0", raise_on_error=False)
    assert result.end == "error" and result.error.name == "ZeroDivisionError"


def test_what_is_queued_behind_an_error_still_runs(shared):
    async def scene():
        async with KernelClient(url=shared.url, token=shared.token, kernel_id=shared.kernel_id) as k:
            failing = asyncio.ensure_future(k.execute("import time\ntime.sleep(0.2)\n1 / 0"))
            following = asyncio.ensure_future(k.execute("'not aborted'"))
            assert (await following).text == "'not aborted'"
            with pytest.raises(ExecutionError):
                await failing

    asyncio.run(scene())


# ---- streaming ----


def test_chunks_come_before_the_end(shared, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    code = f"print('one', flush=True)\nopen({str(gate)!r}).read()\nprint('two')\n3"
    stream = shared.stream(code)
    first = next(stream)
    assert (first, first.kind, first.name) == ("one\n", "stream", "stdout")
    gate.write_text("go")  # only now the cell can go on
    rest = list(stream)
    assert isinstance(rest[-1], ExecutionResult) and rest[-1].text == "one\ntwo\n3"
    assert [str(chunk) for chunk in rest[:-1]] == ["two\n", "3"]


def test_each_step_is_streamed_by_itself(shared, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    code = f"for n in range(5):\n    print(n, flush=True)\n    open({str(gate)!r}).read()"
    seen = []
    for chunk in shared.stream(code):
        if isinstance(chunk, ExecutionResult):
            break
        seen.append(str(chunk))
        gate.write_text("go")
    assert "".join(seen) == "0\n1\n2\n3\n4\n" and len(seen) == 5
    assert chunk.text == "0\n1\n2\n3\n4"


def test_a_stream_raises_in_place_of_the_result(shared):
    seen = []
    with pytest.raises(ExecutionError, match="ZeroDivisionError"):
        for chunk in shared.stream("print(1)\n1 / 0"):
            seen.append(chunk.kind)
    assert seen == ["stream", "error"]


# ---- reset and isolation ----


@pytest.mark.parametrize("spares", [0, 1])
def test_a_reset_forgets_everything_and_the_client_goes_on(make, spares):
    kernel = make(spares=spares)
    kernel.execute("left = 1")
    before = kernel.status()
    kernel.reset()
    assert kernel.execute("'left' in globals()").text == "False"
    after = kernel.status()
    assert after["pid"] != before["pid"] and after["starts"] > before["starts"]
    wait_until_gone(before["pid"])


def test_clients_share_nothing(make, tmp_path):
    (tmp_path / "own").mkdir()
    one, other = make(cwd=tmp_path / "own", env={"SAID": "one"}), make()
    one.execute("mine = 1\nimport os\nos.environ['LATER'] = 'x'")
    code = "import os\nprint('mine' in globals(), os.environ.get('SAID'), os.environ.get('LATER'))"
    assert other.execute(code).text == "False None None"
    assert one.execute(code).text == "True one x"
    assert one.execute("print(os.getcwd())").text == str(tmp_path / "own")
    assert other.execute("print(os.getcwd())").text == os.getcwd()


def test_a_client_finds_its_files_in_its_directory(make, tmp_path):
    (tmp_path / "data.txt").write_text("from the file")
    kernel = make(cwd=tmp_path)
    assert kernel.execute("print(open('data.txt').read())").text == "from the file"
    kernel.execute("open('made.txt', 'w').write('by the kernel')")
    assert (tmp_path / "made.txt").read_text() == "by the kernel"


def test_a_folder_that_is_not_there_is_told(make, tmp_path):
    with pytest.raises(KernelError, match="no such folder"):
        make(cwd=tmp_path / "nowhere").start()


def test_the_environment_is_the_present_one(make, monkeypatch):
    monkeypatch.setenv("SET_IN_THE_TEST", "yes")
    assert make().execute("import os\nprint(os.environ['SET_IN_THE_TEST'])").text == "yes"


def test_a_kernel_that_is_not_installed_names_those_that_are(make):
    with pytest.raises(KernelError, match="python3"):
        make("julia-9.9").start()


# ---- images ----


def test_images_are_written_to_the_callers_folder(make, tmp_path):
    kernel = make(images_dir=tmp_path / "images")
    code = f"""
from IPython.display import Image, SVG, display
import base64
display(Image(base64.b64decode("{PNG}")))
display(SVG('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'))
print("drawn")
"""
    result = kernel.execute(code)
    assert [file.suffix for file in result.images] == [".png", ".svg"]
    assert result.images[0].read_bytes() == base64.b64decode(PNG)
    assert {file.parent for file in result.images} == {tmp_path / "images"}
    assert result.text == "drawn"


def test_displays_are_updated_and_cleared(shared):
    code = """
from IPython.display import display, clear_output
handle = display("first", display_id=True)
handle.update("second")
"""
    assert shared.execute(code).text == "'second'"
    assert shared.execute("print('old')\nclear_output(wait=True)\nprint('new')").text == "new"


# ---- time limits, interrupts, death ----


@pytest.mark.parametrize("code", ["while True: pass", "import time\ntime.sleep(600)"])
def test_a_timeout_interrupts_raises_and_keeps_the_variables(shared, code):
    shared.execute("kept_over_timeout = 1")
    with pytest.raises(TimeoutError) as caught:
        shared.execute(f"print('on', flush=True)\n{code}", timeout=1)
    assert isinstance(caught.value, ExecutionTimeout) and "within 1 s" in str(caught.value)
    assert caught.value.result.text == "on"
    assert shared.execute("kept_over_timeout").text == "1"


def test_an_interrupt_from_another_thread(shared):
    stream = shared.stream("print('on', flush=True)\nwhile True: pass")
    assert next(stream) == "on\n"
    threading.Thread(target=shared.interrupt).start()
    with pytest.raises(ExecutionInterrupted) as caught:
        list(stream)
    assert caught.value.result.end == "interrupted"
    assert shared.execute("1").text == "1"


def test_a_death_says_the_signal_and_a_reset_goes_on(make):
    kernel = make()
    with pytest.raises(KernelDied) as caught:
        kernel.execute("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert "SIGKILL" in str(caught.value) and "reset()" in str(caught.value)
    with pytest.raises(KernelDied):
        kernel.execute("1")
    kernel.reset()
    assert kernel.execute("'fresh'").text == "'fresh'"


def test_a_death_between_two_cells_is_told_too(make):
    kernel = make()
    pid = int(kernel.execute("import os\nprint(os.getpid())").text)
    os.kill(pid, signal.SIGKILL)
    wait_until_gone(pid)
    with pytest.raises(KernelDied):
        kernel.execute("1")


@pytest.mark.parametrize("milliseconds", [0, 2, 10, 40, 80, 200])
def test_a_cancelled_task_interrupts_and_the_client_goes_on(shared, milliseconds):
    async def scene():
        async with KernelClient(url=shared.url, token=shared.token, kernel_id=shared.kernel_id) as k:
            task = asyncio.ensure_future(k.execute("while True: pass"))
            await asyncio.sleep(milliseconds / 1000)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await asyncio.wait_for(k.execute("'usable'"), LIMIT)).text == "'usable'"

    asyncio.run(scene())


# ---- size ----


def test_large_code_arrives_whole(shared):
    code = f"large = {'é' * 250_000 + 'x' * 250_000!r}\nprint(len(large))"
    assert shared.execute(code).text == "500000"


def test_large_output_arrives_whole(shared):
    assert shared.execute("print('a' * 500_000)").text == "a" * 500_000
    lines = shared.execute("for n in range(50_000): print(n)").text
    assert lines == "\n".join(map(str, range(50_000)))


def test_large_output_is_streamed_whole(shared):
    *chunks, result = shared.stream("for n in range(20_000): print(n)")
    assert "".join(chunks) == result.stdout == "".join(f"{n}\n" for n in range(20_000))


# ---- questions, completion, loop, hooks ----


def test_questions_are_answered(shared):
    prompts = []
    result = shared.execute(
        "asked = input('name? ')\nasked * 2",
        on_input=lambda prompt: (prompts.append(prompt), "me")[1],
    )
    assert prompts == ["name? "] and result.text == "'meme'"
    with pytest.raises(ExecutionError, match="StdinNotImplementedError"):
        shared.execute("input()")


def test_completion_and_inspection(shared):
    shared.execute("a_long_name = 5")
    assert "a_long_name" in shared.complete("a_long_n")["matches"]
    assert shared.complete("é = a_long_n; x", 12)["matches"] == ["a_long_name"]
    found = shared.inspect("a_long_name")
    assert found["found"] and "int" in found["data"]["text/plain"]


def test_the_loop_is_taken_over_and_given_back(make):
    kernel = make()
    kernel.loop.start()
    first, second = kernel.loop.enqueue("'a'"), kernel.loop.enqueue("'b'")
    assert kernel.status()["queued"] == [first, second]
    assert kernel.loop.step() == first and kernel.result_of(first).text == "'a'"
    assert kernel.loop.stop() == [second] and kernel.result_of(second).cancelled
    kernel.loop.start()
    more = [kernel.loop.enqueue(f"print({n})") for n in range(3)]
    assert kernel.loop.settle(60) is True
    assert [kernel.result_of(request).text for request in more] == ["0", "1", "2"]
    kernel.loop.stop()
    assert kernel.execute("'on'").text == "'on'"


def test_hooks_tell_each_phase(make):
    kernel = make()
    kernel.execute("print('x')")
    kernel.execute("1 / 0", raise_on_error=False)
    phases = ["preparation", "pre_execution", "post_execution", "on_finish"]
    calls = kernel.hooks()
    assert [call.phase for call in calls] == phases * 2
    assert [call.outcome for call in calls if call.phase == "on_finish"] == ["success", "failure"]
    assert calls[3].result.text == "x" and calls[0].outputs == []


# ---- sandbox ----


TRIED = """
import socket
def tried(what):
    try:
        what()
        return "done"
    except OSError as error:
        return type(error).__name__
print(tried(lambda: socket.create_connection(("127.0.0.1", {port}), 2).close()))
print(tried(lambda: open({outside!r}, "w").close()))
print(tried(lambda: open({own!r}, "w").close()))
print(tried(lambda: open("/etc/hostname").read()))
"""


def test_a_sandboxed_kernel_has_no_network_and_writes_nowhere_outside(make, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server, tempfile.TemporaryDirectory(
        dir="/var/tmp"
    ) as elsewhere:
        outside, own = Path(elsewhere) / "was-here", Path("/tmp") / Path(elsewhere).name
        port = server.getsockname()[1]
        code = TRIED.format(port=port, outside=str(outside), own=str(own))
        connected, wrote, wrote_own, read = make(sandbox="bwrap").execute(code).text.split()
        assert connected != "done" and wrote != "done" and not outside.exists()
        assert (wrote_own, read) == ("done", "done") and not own.exists()
        code = TRIED.format(port=port, outside=str(outside), own=str(tmp_path / "own"))
        assert make().execute(code).text.split() == ["done"] * 4  # what the sandbox keeps it from


def test_a_sandboxed_kernel_is_interrupted_and_reset_like_any(make):
    kernel = make(sandbox="bwrap")
    kernel.execute("kept = 1")
    with pytest.raises(ExecutionTimeout):
        kernel.execute("while True: pass", timeout=1)
    assert kernel.execute("kept").text == "1"
    kernel.reset()
    assert kernel.execute("'kept' in globals()").text == "False"


def test_a_sandboxed_kernel_without_a_folder_cannot_write_to_the_callers(make, tmp_path, monkeypatch):
    """Its working directory is one that it may write to."""
    monkeypatch.chdir(tmp_path)
    kernel = make(sandbox="bwrap")
    kernel.execute("open('mine', 'w').close()")
    assert kernel.execute("import os; os.listdir('.')").text == "['mine']"
    assert list(tmp_path.iterdir()) == []


def test_a_sandbox_that_is_none_is_refused(make):
    with pytest.raises(KernelError, match="moat"):
        make(sandbox="moat").start()


# ---- what is left ----


SCRIPT = """
import os
from proctor import BlockingKernelClient
kernel = BlockingKernelClient()
print(kernel.execute("import os\\nprint(os.getpid())").text, flush=True)
{end}
"""


@pytest.mark.parametrize("end", ["pass", "os._exit(0)", "os.kill(os.getpid(), 9)"])
def test_no_kernel_outlives_the_python_process(end):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "hooks" / "python")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(end=end)], env=environment,
        capture_output=True, text=True, timeout=LIMIT,
    )  # fmt: skip
    assert done.stdout.strip().isdigit(), done.stderr
    wait_until_gone(int(done.stdout))


def test_closing_ends_the_kernel():
    with BlockingKernelClient() as other:  # it keeps the host
        with BlockingKernelClient() as kernel:
            pid = int(kernel.execute("import os\nprint(os.getpid())").text)
        wait_until_gone(pid)
        assert other.execute("1").text == "1"
