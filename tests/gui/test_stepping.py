"""Pausing, stepping, holding, spares and lanes in the dashboard, driven as a person would."""
import os
import shutil
import subprocess
import sys

import pytest

from gui_support import PATIENCE, ROOT, display, environment, start_dashboard  # noqa: F401
from proctor import ActionRefused, expect
from proctor import Dashboard as Client

DEMO = ROOT / "assets" / "demo"
FIVE = """
def test_one(): pass
def test_two(): pass
def test_three(): pass
def test_four(): pass
def test_five(): pass
"""
GATE = """
import pathlib
def pytest_runtest_call(item):
    if item.name == 'test_one': pathlib.Path(__file__).with_name('gate').read_text()
"""
HELD = """
def test_before(live_gui): pass
def test_fails(live_gui): assert 1 == 2, "one is not two"
def test_fails_too(live_gui): assert 3 == 4
def test_after(live_gui): pass
"""


@pytest.fixture
def five(tmp_path):
    """Five tests without a subject."""
    folder = tmp_path / "five"
    folder.mkdir()
    (folder / "test_five.py").write_text(FIVE)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


@pytest.fixture
def live(tmp_path):
    """A suite that uses the demo's program, on a spare, and two of whose tests fail."""
    folder = shutil.copytree(DEMO, tmp_path / "live", ignore=shutil.ignore_patterns("tests"))
    (folder / "tests").mkdir()
    (folder / "tests" / "test_held.py").write_text(HELD)
    config = folder / "proctor.toml"
    config.write_text(config.read_text().replace("[subject.restart]", "[subject.restart]\nspares = 1"))
    return folder


def click(dashboard, path):
    dashboard.app.locator(path).click(timeout=PATIENCE)


def shows(dashboard, text):
    expect(dashboard.app.window("Proctor")).to_contain_text(text, timeout=PATIENCE)


def stands(batch):
    return batch["lanes"][0]["standing"]


def ended(batch):
    return batch["phase"] == "ended"


def second_is_held(batch):
    held = batch["lanes"][0]["held"]
    return held and held["test"].endswith("::test_fails_too")


def hold(dashboard):
    """Runs the batch until its failing test is held; what the lane says of it."""
    toggle = dashboard.app.locator("toolbar/Hold on failure")
    toggle.click(timeout=PATIENCE)
    expect(toggle).to_be_checked(timeout=PATIENCE)
    click(dashboard, "toolbar/Run")
    batch = dashboard.wait_until(lambda b: b["lanes"][0]["held"], "the held test")
    return batch["lanes"][0]["held"]


def test_a_step_is_exactly_one_test_and_resume_runs_the_rest(start_dashboard, five):
    dashboard = start_dashboard(five)
    # The first test waits for the pause, so that no machine is fast enough to miss it.
    gate = five / "gate"
    os.mkfifo(gate)
    (five / "conftest.py").write_text(GATE)
    click(dashboard, "toolbar/Run")
    dashboard.wait_until(lambda b: b["lanes"][0]["test"], "the first test")
    click(dashboard, "toolbar/Pause##pause")
    dashboard.wait_until(lambda b: b["pace"] == "paused", "the pause")
    gate.write_text("go on")
    batch = dashboard.wait_until(stands, "the pause after the first test")
    assert batch["summary"]["done"] == 1
    shows(dashboard, "Paused")
    for done in (2, 3):
        dashboard.app.press("F10", timeout=PATIENCE)
        batch = dashboard.wait_until(lambda b: stands(b) and b["summary"]["done"] >= done, "a step")
        assert batch["summary"]["done"] == done
    click(dashboard, "toolbar/Resume##pause")
    batch = dashboard.wait_until(ended, "the end of the batch")
    assert (batch["exit"], batch["summary"]["passed"]) == (0, 5)


def test_a_held_failure_shows_its_banner_and_evidence_and_goes_on(start_dashboard, live, environment):
    dashboard = start_dashboard(live, PROCTOR_EVIDENCE_SECONDS="20")  # a sanitizer build is slow
    held = hold(dashboard)
    assert held["test"].endswith("::test_fails") and held["phase"] == "call"
    assert dashboard.get("/api/batch")["summary"]["done"] == 1
    shows(dashboard, "holds tests/test_held.py::test_fails")
    click(dashboard, "details/**/Show##held")
    shows(dashboard, "Held: it failed in its call, on lane 0")
    shows(dashboard, "one is not two")
    dashboard.app.locator("details/**/Screenshot").hover(timeout=PATIENCE)
    debugger, _, items = held["attach"]
    assert debugger.startswith("gdb -p ")
    click(dashboard, f"details/**/copy {debugger}")
    # What is offered works: the subject is up, and as the failure left it.
    told = subprocess.run([sys.executable, *items.split()[1:]], timeout=PATIENCE, check=True,
                          env={**environment, "PYTHONPATH": str(ROOT / "hooks" / "python")},
                          capture_output=True, text=True).stdout
    assert "Counter" in told or "Project" in told
    click(dashboard, "details/**/Continue##held")
    batch = dashboard.wait_until(second_is_held, "the second held test")
    assert batch["summary"]["failed"] == 1
    dashboard.post("/api/batch/release", {"lane": 0, "how": "continue"})
    batch = dashboard.wait_until(ended, "the end of the batch")
    assert (batch["summary"]["passed"], batch["summary"]["failed"]) == (2, 2)


def test_a_held_test_is_kept_aside_while_the_rest_runs(start_dashboard, live):
    dashboard = start_dashboard(live)
    held = hold(dashboard)
    proctor = Client.connect(dashboard.app.url, dashboard.app.token)
    click(dashboard, "details/**/Show##held")
    click(dashboard, "details/**/Set aside##held")
    # The second failure is held too; nobody needs to look at that one.
    lane = proctor.wait_until(second_is_held, PATIENCE, "the second held test")["lanes"][0]
    proctor.hold_on_failure(False)
    proctor.release(lane["lane"])
    done = proctor.wait_until(lambda b: b["summary"]["done"] == 3, PATIENCE, "the rest of the file")
    assert (done["phase"], done["summary"]["passed"]) == ("running", 2)
    aside = done["lanes"][1]
    assert aside["aside"] and aside["held"]["test"] == held["test"]
    # It is as the failure left it: the same process, which still answers.
    assert (aside["held"]["generation"], aside["held"]["attach"]) == (held["generation"], held["attach"])
    assert lane["generation"] != held["generation"]
    url = aside["held"]["attach"][1]
    assert Client(url).health().healthy
    shows(dashboard, "Kept aside: it failed in its call, on lane 1")
    with pytest.raises(ActionRefused, match="lane 1 keeps its test aside"):
        proctor.release(1, "rerun")
    click(dashboard, "details/**/Let go##held")
    batch = proctor.wait_for_end(PATIENCE)
    assert (batch["summary"]["passed"], batch["summary"]["failed"]) == (2, 2)
    notes = proctor.test(held["test"])
    assert notes["blame"] == "test"


def test_what_the_client_may_not_do_now_says_why(start_dashboard, five):
    dashboard = start_dashboard(five)
    proctor = Client.connect(dashboard.app.url, dashboard.app.token)
    with pytest.raises(ActionRefused, match="no batch"):
        proctor.step()
    proctor.run(keyword="one or two")
    assert proctor.wait_for_end(PATIENCE)["summary"]["passed"] == 2
    with pytest.raises(ActionRefused, match="holds no test|no batch"):
        proctor.release()
    with pytest.raises(ActionRefused, match="no file|no batch"):
        proctor.jump("test_six.py")


def test_a_batch_is_gone_through_by_the_client(start_dashboard, five):
    dashboard = start_dashboard(five)
    proctor = Client.connect(dashboard.app.url, dashboard.app.token)
    gate = five / "gate"
    os.mkfifo(gate)
    (five / "conftest.py").write_text(GATE)
    proctor.run()
    proctor.wait_until(lambda b: b["lanes"][0]["test"], PATIENCE, "the first test")
    proctor.pause()
    proctor.wait_until(lambda b: b["pace"] == "paused", PATIENCE, "the pause")
    gate.write_text("go on")
    proctor.wait_until(stands, PATIENCE, "the pause after the first test")
    proctor.step()
    batch = proctor.wait_until(lambda b: stands(b) and b["summary"]["done"] >= 2, PATIENCE, "a step")
    assert batch["summary"]["done"] == 2
    proctor.rerun("test_five.py::test_two", "fresh")
    proctor.wait_until(lambda b: stands(b) and proctor.test("test_five.py::test_two")["attempt"] == 2,
                       PATIENCE, "the second attempt")
    proctor.skip_file("test_five.py")
    proctor.resume()
    batch = proctor.wait_for_end(PATIENCE)
    assert (batch["summary"]["passed"], batch["summary"]["not_run"]) == (2, 3)


def test_spares_and_the_ledger_are_shown(start_dashboard, live):
    dashboard = start_dashboard(live)
    hold(dashboard)
    dashboard.post("/api/batch/release", {"lane": 0, "how": "restart"})
    dashboard.wait_until(second_is_held, "the second held test, on a fresh generation")

    def ready_spare():
        generations = dashboard.get("/api/subjects")["generations"]
        return next((g for g in generations if g["role"] == "spare" and g["ready_ms"]), None)

    dashboard.wait_until(lambda _: ready_spare(), "a spare that is ready")
    shows(dashboard, "ready for")
    click(dashboard, "bottom/Ledger")
    shows(dashboard, "Memory")
    row = dashboard.app.locator(f"bottom/**/generation {ready_spare()['generation']}")
    expect(row).to_be_visible(timeout=PATIENCE)
    dashboard.post("/api/batch/stop", {"mode": "now"})
    dashboard.wait_until(ended, "the end of the batch")
    first = dashboard.get("/api/subjects")["generations"][0]
    assert [sample["path"] for sample in first["usage"]][0] is None
    dashboard.app.locator("bottom/**/generation 1").click(timeout=PATIENCE)
    shows(dashboard, "It ended: ")


def test_two_lanes_are_rows_and_each_file_tells_its_own(start_dashboard, demo_files):
    dashboard = start_dashboard(demo_files, arguments=["--lanes", "2"])
    click(dashboard, "toolbar/Run")
    dashboard.wait_until(lambda b: len(b["lanes"]) == 2 and all(lane["test"] for lane in b["lanes"]),
                         "a test on each lane")
    lane = dashboard.app.locator("subject/**/lane 1")
    expect(lane).to_be_visible(timeout=PATIENCE)
    lane.click(timeout=PATIENCE)
    shows(dashboard, "Lane 1")
    dashboard.post("/api/batch/stop", {"mode": "now"})
    dashboard.wait_until(ended, "the end of the batch")


@pytest.fixture
def demo_files(tmp_path):
    """Two files whose tests go on until the batch is stopped."""
    folder = tmp_path / "lanes"
    (folder / "tests").mkdir(parents=True)
    shutil.copy(DEMO / "proctor.toml", folder)
    for name in ("first", "second"):
        (folder / "tests" / f"test_{name}.py").write_text(
            "import threading\n"
            f"def test_{name}(live_gui): threading.Event().wait(60)\n")
    return folder
