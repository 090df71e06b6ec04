"""The dashboard in a real window, driven with the client of the hooks as a person would."""
import json
import pathlib
import shutil
import subprocess

import pytest

from gui_support import (BIN_DIR, PATIENCE, ROOT, display, environment,  # noqa: F401
                         start_dashboard)
from proctor import App, WaitTimeout, expect

DEMO = ROOT / "assets" / "demo"

SMALL_SUITE = """
def test_passes():
    print("a word of its own")

def test_fails():
    assert 1 == 2, "one is not two"
"""


@pytest.fixture
def demo(tmp_path):
    """A copy of the demo, so that no caches appear in the tree."""
    return shutil.copytree(DEMO, tmp_path / "demo", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture
def small(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "test_small.py").write_text(SMALL_SUITE)
    (folder / "pytest.ini").write_text("[pytest]\n")  # the root of ids, wherever this runs
    return folder


def colours_on(display, path):
    """Takes a screenshot; how many colours are on it."""
    subprocess.run(["import", "-display", display, "-window", "root", path], check=True,
                   timeout=PATIENCE)
    found = subprocess.run(["identify", "-format", "%k", path], check=True, timeout=PATIENCE,
                           capture_output=True, text=True)
    return int(found.stdout)


def ended(batch):
    return batch["phase"] == "ended"


def click_run(dashboard):
    dashboard.app.locator("toolbar/Run").click(timeout=PATIENCE)


def run_all(dashboard):
    click_run(dashboard)
    return dashboard.wait_until(ended, "the end of the batch")


def row(dashboard, name):
    """A row of the tree: a file's path or a test's name."""
    return dashboard.app.locator("Proctor/tree/tests/" + name.replace("/", r"\/"))


def shows(dashboard, text):
    expect(dashboard.app.window("Proctor")).to_contain_text(text, timeout=PATIENCE)


def test_a_changed_config_counts_from_the_next_batch_on(start_dashboard, tmp_path):
    folder = tmp_path / "changing"
    for name in ("one", "two"):
        (folder / name).mkdir(parents=True)
        (folder / name / f"test_{name}.py").write_text(f"def test_{name}(): pass\n")
    config = folder / "proctor.toml"
    config.write_text('[[suite]]\npaths = ["one"]\n')
    dashboard = start_dashboard(folder)
    run_all(dashboard)
    assert dashboard.get("/api/tests/one/test_one.py::test_one")["outcome"] == "passed"
    config.write_text('[[suite]]\npaths = ["two"\n')
    click_run(dashboard)
    dashboard.app.locator("bottom/Notices").click(timeout=PATIENCE)
    shows(dashboard, "No batch was begun: ")
    shows(dashboard, "proctor.toml:")
    assert dashboard.get("/api/tests/one/test_one.py::test_one")["outcome"] == "passed"
    config.write_text('[batch]\nlanes = 2\n[[suite]]\npaths = ["two"]\n')
    batch = dashboard.get("/api/batch")
    click_run(dashboard)
    again = dashboard.wait_until(lambda b: ended(b) and b["batch"] != batch["batch"], "the next batch")
    assert (len(again["lanes"]), again["summary"]["passed"]) == (2, 1)
    assert dashboard.get("/api/tests/two/test_two.py::test_two")["outcome"] == "passed"


def test_the_demo_runs_and_the_crash_is_survived_and_told(start_dashboard, demo, display, tmp_path):
    dashboard = start_dashboard(demo)
    assert dashboard.get("/api/batch")["phase"] == "none"
    click_run(dashboard)
    batch = dashboard.wait_until(ended, "the end of the batch")
    assert batch["exit"] == 1
    assert batch["summary"]["done"] == batch["summary"]["tests"] > 0
    assert batch["summary"]["failed"] == 2

    subjects = dashboard.get("/api/subjects")
    assert len(subjects["generations"]) >= 3
    respawned = [n for n in subjects["file_notes"] if n["note"] == "respawned"]
    assert respawned and all(n["reason"] for n in respawned)

    failed = dashboard.get("/api/tests?outcome=failed")["tests"]
    crashed = next(test for test in failed if test["blame"] == "subject_crash")
    row(dashboard, crashed["id"].split("::")[-1]).click(timeout=PATIENCE)
    shows(dashboard, "blame: subject_crash")
    assert dashboard.post("/api/gui/select", {"test": crashed["id"]}, expect=200)["selected"] == crashed["id"]
    assert colours_on(display, tmp_path / "selected.png") > 100
    without_token = App(dashboard.app.url)
    assert without_token.request("GET", "/api/gui_health").json()["state"] == "healthy"


def test_the_evidence_of_a_failure_is_shown_and_sent(start_dashboard, demo, display, tmp_path):
    (demo / "tests" / "test_zz_evidence.py").write_text(
        "def test_fails(live_gui):\n    live_gui.request('POST', '/api/of/the/test')\n    assert False\n")
    dashboard = start_dashboard(demo, PROCTOR_EVIDENCE_SECONDS="20")  # a sanitizer build is slow
    dashboard.post("/api/batch/run", {"paths": ["tests/test_zz_evidence.py"]})
    dashboard.wait_until(ended, "the end of the batch")
    (test,) = dashboard.get("/api/tests?outcome=failed")["tests"]
    dashboard.post("/api/gui/select", {"test": test["id"]}, expect=200)
    dashboard.post("/api/ui/wait", {"target": "details/Screenshot"}, expect=200)
    dashboard.post("/api/ui/click", {"target": "details/Subject's log of the test's time"}, expect=200)
    dashboard.post("/api/ui/hover", {"target": "details/**/Open file"}, expect=200)
    assert colours_on(display, tmp_path / "evidence.png") > 100

    sent = dashboard.get(f"/api/evidence/item_tree/{test['id']}")
    assert sent["items"]
    assert dashboard.request("GET", f"/api/evidence/secrets/{test['id']}")[0] == 404
    assert dashboard.request("GET", "/api/evidence/log/../../../etc/passwd")[0] == 404
    kept = {piece["kind"]: piece["file"] for piece in dashboard.get(f"/api/tests/{test['id']}")["evidence"]}
    pathlib.Path(kept["health"]).unlink()
    pathlib.Path(kept["health"]).symlink_to("/etc/hostname")
    assert dashboard.request("GET", f"/api/evidence/health/{test['id']}")[0] == 404


def test_a_subject_is_restarted_by_request(start_dashboard, demo):
    dashboard = start_dashboard(demo)
    restart = dashboard.app.locator("toolbar/Restart subject")
    restart.click(timeout=PATIENCE)

    def healthy_generation():
        current = dashboard.get("/api/subjects")["lanes"][0]["current"]
        return current["generation"] if current and current["health"] == "healthy" else None

    dashboard.wait_until(lambda _: healthy_generation() is not None, "a healthy subject")
    first = healthy_generation()
    restart.click(timeout=PATIENCE)
    dashboard.wait_until(lambda _: (healthy_generation() or 0) > first, "the next generation")


def test_a_batch_is_stopped_and_the_rest_is_accounted_for(start_dashboard, demo):
    dashboard = start_dashboard(demo)
    click_run(dashboard)
    dashboard.wait_until(lambda b: b["summary"]["done"] >= 1, "the first test")
    dashboard.app.locator("toolbar/Stop##stop").click(timeout=PATIENCE)
    dashboard.app.press("Shift+F5", timeout=PATIENCE)  # now; the batch may have ended before it
    batch = dashboard.wait_until(ended, "the end of the batch")
    assert batch["exit"] == 2
    assert batch["summary"]["done"] == batch["summary"]["tests"]
    assert batch["summary"]["not_run"] > 0


def test_only_what_failed_is_run_again(start_dashboard, small):
    dashboard = start_dashboard(small)
    click_run(dashboard)
    first = dashboard.wait_until(ended, "the end of the batch")
    assert (first["summary"]["passed"], first["summary"]["failed"]) == (1, 1)
    dashboard.app.locator("toolbar/Run failed").click(timeout=PATIENCE)
    again = dashboard.wait_until(lambda b: ended(b) and b["batch"] != first["batch"], "the rerun")
    assert (again["summary"]["tests"], again["summary"]["failed"]) == (1, 1)


def test_details_tell_what_the_test_printed_and_where_it_failed(start_dashboard, small):
    dashboard = start_dashboard(small)
    click_run(dashboard)
    dashboard.wait_until(ended, "the end of the batch")
    passed = dashboard.get("/api/tests/test_small.py::test_passes")
    assert passed["stdout"] == "a word of its own\n"
    failed = dashboard.get("/api/tests/test_small.py::test_fails")
    assert "one is not two" in failed["message"]
    assert failed["location"] == {"file": "test_small.py", "line": 6}
    assert dashboard.post("/api/gui/filter", {"text": "fails"}, expect=200) == {"filter": "fails"}
    assert dashboard.request("POST", "/api/gui/select", {"test": "gone"})[0] == 404


def test_shutting_down_ends_the_program_and_its_files(start_dashboard, small, environment):
    dashboard = start_dashboard(small)
    dashboard.wait_until(lambda _: True, "an answer")
    dashboard.post("/api/shutdown")
    assert dashboard.process.wait(PATIENCE) == 0
    assert not list(pathlib.Path(environment["XDG_RUNTIME_DIR"]).glob("proctor/*.json"))
    settings = pathlib.Path(environment["XDG_CONFIG_HOME"]) / "proctor" / "dashboard.ini"
    assert "[Proctor][Layout]" in settings.read_text()


def test_run_with_a_window_writes_its_reports_and_ends_as_the_batch_did(
        start_dashboard, small, tmp_path):
    report = tmp_path / "out.json"
    dashboard = start_dashboard(small, arguments=["run", "--gui", "--json", report,
                                                  "-k", "test_fails"])
    batch = dashboard.wait_until(ended, "the end of the batch")
    assert batch["summary"]["tests"] == 1
    click_run(dashboard)  # means what the command line said
    dashboard.wait_until(lambda now: now["batch"] != batch["batch"] and ended(now), "a second batch")
    assert dashboard.get("/api/batch")["summary"]["tests"] == 1
    dashboard.post("/api/shutdown")
    assert dashboard.process.wait(PATIENCE) == 1
    assert json.loads(report.read_text())["summary"]["failed"] == 1


def test_the_window_is_readable_at_twice_the_size(start_dashboard, small, display, tmp_path):
    dashboard = start_dashboard(small, PROCTOR_SCALE="2")
    dashboard.post("/api/gui/filter", {"text": ""}, expect=200)
    assert colours_on(display, tmp_path / "twice.png") > 50


def test_the_filter_box_narrows_the_tree_and_escape_shows_all_again(start_dashboard, small):
    dashboard = start_dashboard(small)
    run_all(dashboard)
    box = dashboard.app.locator("tree/##filter")
    box.fill("fails", timeout=PATIENCE)
    expect(row(dashboard, "test_passes")).to_be_hidden(timeout=PATIENCE)
    expect(row(dashboard, "test_fails")).to_be_visible(timeout=PATIENCE)
    shows(dashboard, "1 shown")
    box.click(timeout=PATIENCE)
    dashboard.app.press("Escape", timeout=PATIENCE)
    expect(row(dashboard, "test_passes")).to_be_visible(timeout=PATIENCE)


def test_only_the_bad_ones_are_shown_on_a_click(start_dashboard, small):
    dashboard = start_dashboard(small)
    run_all(dashboard)
    bad = dashboard.app.locator("tree/bad##kind")
    expect(bad).to_be_checked(False, timeout=PATIENCE)
    bad.click(timeout=PATIENCE)
    expect(bad).to_be_checked(timeout=PATIENCE)
    expect(row(dashboard, "test_passes")).to_be_hidden(timeout=PATIENCE)
    expect(row(dashboard, "test_fails")).to_be_visible(timeout=PATIENCE)


def test_a_failing_test_that_is_selected_shows_its_details(start_dashboard, small):
    dashboard = start_dashboard(small)
    run_all(dashboard)
    assert "one is not two" not in dashboard.app.window("Proctor").text()
    row(dashboard, "test_fails").click(timeout=PATIENCE)
    shows(dashboard, "one is not two")
    shows(dashboard, "test_small.py:6")
    expect(dashboard.app.locator("details/copy Details")).to_be_visible(timeout=PATIENCE)


def test_the_restart_policy_is_chosen_in_the_toolbar(start_dashboard, demo):
    dashboard = start_dashboard(demo)
    policy = dashboard.app.locator("toolbar/Restart when")
    expect(policy).to_have_value("unhealthy", timeout=PATIENCE)
    policy.select("never: go on with what there is", timeout=PATIENCE)
    expect(policy).to_have_value("never", timeout=PATIENCE)


def test_the_tabs_below_show_output_file_notes_and_notices(start_dashboard, small):
    dashboard = start_dashboard(small)
    run_all(dashboard)
    for tab, content in (("File notes", "No file notes yet"), ("Notices", "No notices"),
                         ("Output", "No output yet")):
        chosen = dashboard.app.locator(f"bottom/{tab}")
        chosen.click(timeout=PATIENCE)
        expect(chosen).to_be_checked(timeout=PATIENCE)
        shows(dashboard, content)


def test_output_is_shown_and_notes_and_generations_lead_to_their_tests(start_dashboard, demo):
    dashboard = start_dashboard(demo)
    run_all(dashboard)
    shows(dashboard, "proctor_demo: http://127.0.0.1:")  # the subject's first line of output
    dashboard.app.locator("bottom/File notes").click(timeout=PATIENCE)
    dashboard.app.locator("bottom/respawned only").click(timeout=PATIENCE)
    note = dashboard.app.locator(r"bottom/**/tests\/test_export.py")
    note.click(timeout=PATIENCE)
    expect(dashboard.app.locator("details/Run this file")).to_be_visible(timeout=PATIENCE)
    shows(dashboard, "This file got a respawned subject")
    dashboard.app.locator("subject/generation 1").click(timeout=PATIENCE)  # to its last test
    expect(dashboard.app.locator("details/Run this")).to_be_visible(timeout=PATIENCE)


def test_the_keys_are_told_on_f1_and_by_the_button(start_dashboard, small):
    dashboard = start_dashboard(small)
    keys = dashboard.app.window("Keys")
    button = dashboard.app.locator("toolbar/keys##help")
    button.hover(timeout=PATIENCE)  # it draws
    dashboard.app.press("F1", timeout=PATIENCE)
    expect(keys).to_contain_text("Run what failed again", timeout=PATIENCE)
    with pytest.raises(WaitTimeout, match="blocked by the modal"):
        button.click(timeout=0.3)
    dashboard.app.press("Escape", timeout=PATIENCE)
    button.click(timeout=PATIENCE)
    expect(keys).to_contain_text("Run what failed again", timeout=PATIENCE)


def test_without_a_display_it_says_so_and_what_to_do(small, environment):
    env = {k: v for k, v in environment.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    ended_at_once = subprocess.run([BIN_DIR / "proctor", small], env=env, capture_output=True,
                                   text=True, timeout=PATIENCE)
    assert ended_at_once.returncode == 4
    assert "no display" in ended_at_once.stderr
    assert "proctor run" in ended_at_once.stderr
