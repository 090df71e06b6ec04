"""The dashboard's kernels, driven in a real window as a person would."""
import contextlib
import json
import subprocess
import sys
import time

import pytest

from gui_support import PATIENCE, display, environment, start_dashboard  # noqa: F401
from proctor import expect

#: A picture, a table, an error: each in the form in which a notebook has it.
PICTURE = """
import base64
from IPython.display import Image, display
import struct, zlib
def chunk(kind, data):
    whole = kind + data
    return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))
rows = b"".join(b"\\0" + bytes([y, 90, 200]) * 64 for y in range(64))
png = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)) \\
    + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
display(Image(data=png))
"""


@pytest.fixture
def folder(tmp_path):
    suite = tmp_path / "suite"
    suite.mkdir()
    (suite / "test_small.py").write_text("def test_small(): pass\n")
    return suite


@pytest.fixture
def dashboard(start_dashboard, folder):
    started = start_dashboard(folder)
    click(started, "toolbar/Kernels##page")
    return started


def click(dashboard, path):
    dashboard.app.locator(path).click(timeout=PATIENCE)


def shows(dashboard, text):
    expect(dashboard.app.window("Proctor")).to_contain_text(text, timeout=PATIENCE)


def kernels(dashboard):
    return dashboard.get("/api/kernels")["kernels"]


def until(dashboard, condition, what):
    """Reads the kernels with every news of them until `condition` holds; that reading."""
    deadline = time.monotonic() + PATIENCE
    told = dashboard.get("/api/kernels")
    while not condition(told["kernels"]):
        assert time.monotonic() < deadline, f"{what} did not come; last seen: {told}"
        told = dashboard.get(f"/api/kernels?wait_ms=1000&since={told['version']}")
    return told["kernels"]


def idle(told):
    return told and told[0]["state"] == "idle"


@pytest.fixture
def kernel(dashboard):
    """The dashboard, with a kernel that was started by its button."""
    click(dashboard, "kernels/**/Start##kernel")
    until(dashboard, idle, "a kernel that is ready")
    return dashboard


def run(dashboard, code):
    """Writes code into the box, and presses Run."""
    dashboard.app.locator("kernels/**/##code[0]").fill(code, timeout=PATIENCE)
    click(dashboard, "kernels/**/Run##kernel")


def test_a_kernel_is_started_runs_code_and_is_shut_down(kernel):
    shows(kernel, "idle")
    run(kernel, "print('6 times 7 is', 6 * 7)")
    shows(kernel, "6 times 7 is 42")
    shows(kernel, "finish")  # a hook's call
    assert until(kernel, lambda told: told[0]["execution_count"] == 1, "the count")
    click(kernel, "kernels/**/Shut down##kernel")
    until(kernel, lambda told: not told, "the kernel's end")
    shows(kernel, "No kernel runs")


def test_a_traceback_a_picture_and_html_are_shown(kernel):
    run(kernel, "1 / 0")
    shows(kernel, "ZeroDivisionError")
    kernel.post("/api/kernels/k1/execute", {"code": PICTURE, "wait_ms": 30000})
    run(kernel, "from IPython.display import HTML; HTML('<table><tr><td>left</td><td>right</td></tr></table>')")
    shows(kernel, "left")
    run(kernel, "from IPython.display import SVG; SVG('<svg xmlns=\"http://www.w3.org/2000/svg\" "
                "width=\"30\" height=\"20\"></svg>')")
    shows(kernel, "An SVG picture")


def test_keys_run_complete_and_walk_the_history(kernel):
    outer, box = (kernel.app.locator(f"kernels/**/##code[{n}]") for n in (0, 1))  # one has the text
    kernel.post("/api/kernels/k1/execute", {"code": "wonderful_name = 1", "wait_ms": 30000})
    outer.fill("wonderful_n", timeout=PATIENCE)
    kernel.app.press("Tab", timeout=PATIENCE)
    expect(box).to_have_value("wonderful_name", timeout=PATIENCE)
    kernel.app.press("Shift+Enter", timeout=PATIENCE)
    expect(box).to_have_value("", timeout=PATIENCE)
    until(kernel, lambda told: told[0]["execution_count"] == 2, "the run")
    kernel.app.press("Up", timeout=PATIENCE)
    expect(box).to_have_value("wonderful_name", timeout=PATIENCE)
    kernel.app.press("Down", timeout=PATIENCE)
    expect(box).to_have_value("", timeout=PATIENCE)


def test_a_kernel_that_asks_for_a_line_gets_it(kernel):
    run(kernel, "print('hello', input('your name? '))")
    shows(kernel, "your name?")
    kernel.app.locator("kernels/**/##line").fill("Ada", timeout=PATIENCE)
    click(kernel, "kernels/**/Send##line")
    shows(kernel, "hello Ada")


def test_a_busy_kernel_is_interrupted_and_restarted(kernel):
    run(kernel, "import time\nwhile True: time.sleep(0.01)")
    until(kernel, lambda told: told[0]["state"] == "busy", "the loop")
    click(kernel, "kernels/**/Interrupt##kernel")
    until(kernel, idle, "the interrupt")
    shows(kernel, "interrupted")
    click(kernel, "kernels/**/Restart##kernel")
    until(kernel, lambda told: told[0]["starts"] == 2 and idle(told), "the restart")


def test_requests_are_stepped_and_what_is_left_is_dropped(kernel):
    click(kernel, "kernels/**/step by step##kernel")
    until(kernel, lambda told: told[0]["driven"], "the loop's driver")
    for word in ("first", "second"):
        run(kernel, f"print('the {word} one')")
    until(kernel, lambda told: len(told[0]["queued"]) == 2, "two that wait")
    click(kernel, "kernels/**/Step##kernel")
    shows(kernel, "the first one\n")
    until(kernel, lambda told: len(told[0]["queued"]) == 1 and not told[0]["request"], "the step")
    click(kernel, "kernels/**/step by step##kernel")
    until(kernel, lambda told: not told[0]["driven"] and not told[0]["queued"], "the loop's end")
    shows(kernel, "dropped")


def test_somebody_elses_kernel_is_watched(dashboard, tmp_path):
    with contextlib.ExitStack() as stack:
        file = tmp_path / "theirs.json"
        process = stack.enter_context(subprocess.Popen(
            [sys.executable, "-m", "ipykernel_launcher", "-f", str(file)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        stack.callback(process.kill)
        deadline = time.monotonic() + PATIENCE
        while not (file.exists() and file.read_text().endswith("}")):
            assert time.monotonic() < deadline and process.poll() is None, "their kernel did not start"
            time.sleep(0.02)  # it writes the file when it has its ports
        json.loads(file.read_text())
        dashboard.app.locator("kernels/**/##connection file").fill(str(file), timeout=PATIENCE)
        click(dashboard, "kernels/**/Attach##kernel")
        until(dashboard, idle, "the attached kernel")
        run(dashboard, "'theirs ' * 2")
        shows(dashboard, "theirs theirs")
        click(dashboard, "kernels/**/Let go##kernel")
        until(dashboard, lambda told: not told, "its leave")
        assert process.poll() is None
        dashboard.app.locator("kernels/**/##connection file").fill(str(file), timeout=PATIENCE)
        click(dashboard, "kernels/**/read-only##attach")
        click(dashboard, "kernels/**/Attach##kernel")
        until(dashboard, lambda told: told and told[0]["read_only"], "the watched kernel")
        shows(dashboard, "attached read-only")
