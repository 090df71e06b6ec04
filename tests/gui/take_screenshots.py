#!/usr/bin/env python3
"""Takes the README's pictures of the dashboard: at rest, in mid-batch, a failure
selected, two lanes with their spares and the ledger, a held failure, a kernel's console.

    PROCTOR_BIN_DIR=build/release/bin /usr/bin/python3 tests/gui/take_screenshots.py FOLDER [SCALE]

Runs the demo in a window on a display of its own (Xvfb), and takes each picture when
the dashboard's own routes say that it is in that state.
"""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from gui_support import BIN_DIR, ROOT, Dashboard, running, wait_for_discovery, xvfb


def take(dashboard, display, path):
    # A frame is drawn for this request, and is on the screen when it is answered.
    dashboard.post("/api/gui/filter", {"text": ""}, expect=200)
    subprocess.run(["import", "-display", display, "-window", "root", path], check=True)
    print(path)


@contextlib.contextmanager
def started(demo, home, display, scale, *arguments):
    """A dashboard on the demo, with a home of its own."""
    env = {**os.environ, "DISPLAY": display, "PROCTOR_SCALE": str(scale)}
    for name in ("RUNTIME_DIR", "STATE_HOME", "CONFIG_HOME"):
        env[f"XDG_{name}"] = str(home / name.lower())
        (home / name.lower()).mkdir(mode=0o700, exist_ok=True)
    log = home / "proctor.log"
    with open(log, "wb") as out, \
            running([BIN_DIR / "proctor", *arguments, demo], env=env, stdout=out, stderr=out) as process:
        runtime = pathlib.Path(env["XDG_RUNTIME_DIR"])
        yield Dashboard(process, wait_for_discovery(process, runtime, log), log)


def take_a_batch(dashboard, display, folder):
    take(dashboard, display, folder / "rest.png")
    dashboard.post("/api/batch/run")
    dashboard.wait_until(lambda b: b["summary"]["done"] * 2 >= b["summary"]["tests"] > 0,
                         "the middle of the batch")
    take(dashboard, display, folder / "running.png")
    dashboard.wait_until(lambda b: b["phase"] == "ended", "the end of the batch")
    failed = dashboard.get("/api/tests?outcome=failed")["tests"]
    crashed = next(test for test in failed if test["blame"] == "subject_crash")
    dashboard.post("/api/gui/select", {"test": crashed["id"]}, expect=200)
    take(dashboard, display, folder / "failure.png")


def take_lanes(dashboard, display, folder):
    """Both lanes at work with a spare each; then the first failure, held."""
    dashboard.app.locator("bottom/Ledger").click()
    dashboard.post("/api/batch/hold", {"on_failure": True})
    dashboard.post("/api/batch/run")
    batch = dashboard.wait_until(lambda b: b["lanes"][0]["held"], "a held failure")
    dashboard.wait_until(lambda _: any(
        g["role"] == "spare" and g["ready_ms"] is not None
        for g in dashboard.get("/api/subjects")["generations"]), "a spare that is ready")
    dashboard.app.locator("subject/**/lane 0").click()
    take(dashboard, display, folder / "lanes.png")
    held = batch["lanes"][0]["held"]
    dashboard.app.locator("bottom/Output").click()
    dashboard.post("/api/gui/select", {"test": held["test"]}, expect=200)
    dashboard.app.locator("details/**/Continue##held").wait_for(timeout=30)
    take(dashboard, display, folder / "held.png")
    dashboard.post("/api/batch/stop", {"mode": "now"})
    dashboard.wait_until(lambda b: b["phase"] == "ended", "the end of the batch")


#: What a person does with a kernel: prints, draws, looks at a table, makes a mistake.
CELLS = (
    """print("\\x1b[32mready\\x1b[0m to measure")
samples = [round(20 + 3.5 * ((7 * n) % 11) / 11, 1) for n in range(60)]""",
    """def mean(values):
    return sum(values) / len(values)
mean([])""",
    """import base64, struct, zlib
from IPython.display import Image
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
def row(y):
    return b"\\0" + b"".join(bytes((98, 160, 255) if 160 - y < samples[x // 6] * 5 else (24, 28, 36))
                            for x in range(360))
picture = zlib.compress(b"".join(row(y) for y in range(160)))
Image(data=b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 360, 160, 8, 2, 0, 0, 0))
      + chunk(b"IDAT", picture) + chunk(b"IEND", b""))""",
)


def take_kernels(dashboard, display, folder):
    """A kernel that has run some cells and is at another one."""
    dashboard.app.locator("toolbar/Kernels##page").click()
    kernel = "/api/kernels/" + dashboard.post("/api/kernels", {})["id"]
    assert dashboard.get(kernel + "?until=ready&wait_ms=30000")["state"] == "idle"
    for code in CELLS:
        dashboard.post(kernel + "/execute", {"code": code, "wait_ms": 30000})
    dashboard.post(kernel + "/execute", {
        "code": "import time\nfor n in range(600):\n    print(n, end=' ', flush=True)\n    time.sleep(0.1)",
        "wait_ms": 30000, "until": "output"})
    dashboard.post(kernel + "/execute", {"code": "mean(samples)"})
    dashboard.app.locator("kernels/**/##code[0]").fill("samples.")
    take(dashboard, display, folder / "kernels.png")
    dashboard.post(kernel + "/shutdown")


def main():
    folder = pathlib.Path(sys.argv[1])
    scale = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        home = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        size = (int(1360 * scale), int(860 * scale))
        display = stack.enter_context(xvfb(size))
        demo = shutil.copytree(ROOT / "assets" / "demo", home / "demo")
        with started(demo, home, display, scale) as dashboard:
            take_a_batch(dashboard, display, folder)
        config = demo / "proctor.toml"
        config.write_text(config.read_text().replace("[subject.restart]", "[subject.restart]\nspares = 1"))
        with started(demo, home, display, scale, "--lanes", "2") as dashboard:
            take_lanes(dashboard, display, folder)
        with started(demo, home, display, scale) as dashboard:
            take_kernels(dashboard, display, folder)


if __name__ == "__main__":
    main()
