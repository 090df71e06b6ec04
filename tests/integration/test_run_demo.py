"""The demo tells the story that Proctor was made for, under both policies."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

DEMO = Path(__file__).resolve().parents[2] / "assets/demo"

pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")


def bad(ran) -> set:
    return {t["id"].split("::")[1] for t in ran.report["tests"]
            if t["outcome"] not in ("passed", "skipped", "xfailed")}


def test_the_demo_ends_as_its_readme_says(proctor):
    ran = proctor("--headless", str(DEMO))
    assert ran.code == 1, ran.stdout + ran.stderr
    assert bad(ran) == {"test_amounts_have_two_decimals", "test_a_corrupt_file_is_imported"}
    summary = ran.report["summary"]
    assert (summary["tests"], summary["passed"], summary["failed"]) == (31, 27, 2)
    assert (summary["skipped"], summary["xfailed"]) == (1, 1)
    notes = {Path(f["path"]).name: f["subject"] and (f["subject"]["note"], f["subject"]["generation"])
             for f in ran.report["files"]}
    assert notes == {
        "test_counter.py": ("fresh", 1), "test_dialogs.py": ("reused", 1),
        "test_export.py": ("respawned", 2), "test_form.py": ("reused", 2),
        "test_import.py": ("reused", 2), "test_pool.py": ("reused", 3),
        "test_projects.py": ("respawned", 4), "test_reports.py": None,
    }
    assert "ImGui assert" in ran.file("test_export.py")["subject"]["reason"]
    crash = ran.test("test_a_corrupt_file_is_imported")
    assert crash["blame"] == "subject_crash" and crash["generation"] == 2
    assert ran.report["generations"][1]["exit"]["signal"] == "SIGSEGV"
    # Where it crashed, from the note that the program itself left.
    assert "proctor::demo::Segfault()" in (crash["message"] or "") + (crash["details"] or "")


def test_under_never_the_doomed_tests_fail_in_under_a_second_each(proctor):
    ran = proctor("--headless", "--restart", "never", str(DEMO))
    assert ran.code == 1
    doomed = [t for t in ran.report["tests"] if t["outcome"] == "error"]
    assert len(doomed) == 19
    for test in doomed:
        assert test["duration_ms"] < 1000
        assert "ImGui assert" in test["details"]
        assert "cannot proceed on a dirty subject" in test["details"]
    assert len(ran.report["generations"]) == 1
