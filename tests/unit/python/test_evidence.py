"""What plain pytest keeps of the program when a test that uses live_gui fails."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

KINDS = ["screenshot", "item_tree", "trace", "health", "log"]


def told(text):
    """The evidence sections of a report: for each a dict of what is said by kind."""
    sections = re.findall(r"-+ live_gui evidence -+\n((?:\w+: .*\n)+)", text)
    return [dict(line.split(": ", 1) for line in section.splitlines()) for section in sections]


def test_a_failure_names_its_files_and_what_could_not_be_had(live):
    live.write(test_a="""
        def test_a(live_gui): assert False
        def test_b(live_gui): pass
        def test_c(): assert False
    """)
    (said,) = told(live.run().text)
    assert list(said) == KINDS
    health = json.loads(Path(said["health"]).read_text())
    assert health["state"] == "healthy" and health["frame"] > 0
    assert said["screenshot"].startswith("none: the program answered HTTP 404")
    assert said["trace"] == "none: the program keeps no trace"
    assert said["log"] == "none: the program wrote nothing during the test"


def test_the_folder_can_be_chosen_and_each_failure_has_its_own(live, tmp_path):
    kept = str(tmp_path / "kept")
    live.write(conftest=f"import os; os.environ['PROCTOR_EVIDENCE'] = {kept!r}")
    live.write(test_a="""
        import pytest
        @pytest.mark.parametrize("n", [1, 2])
        def test_a(live_gui, n): assert False
    """)
    first, second = told(live.run().text)
    assert first["health"] != second["health"]
    for said in (first, second):
        assert Path(said["health"]).parent.parent == tmp_path / "kept"


def test_the_last_words_of_a_dead_program_are_kept(live):
    live.write(test_a="""
        def test_a(live_gui): live_gui.request("POST", "/break/die")
    """)
    (said,) = told(live.run().text)
    assert Path(said["log"]).read_text() == "last words\n"
    assert "(as it was before the test; the program has ended (exit code 3))" in said["health"]
    assert said["screenshot"] == "none: the program has ended (exit code 3)"


def test_the_time_that_it_may_take_can_be_chosen_and_nonsense_is_named(live):
    live.write(
        conftest="import os; os.environ['PROCTOR_EVIDENCE_SECONDS'] = '0.3'",
        test_a="""
            import os
            def test_a(live_gui):
                live_gui.request("POST", "/break/mute")
                assert False
            def test_b(live_gui):
                os.environ["PROCTOR_EVIDENCE_SECONDS"] = "soon"
                assert False
        """,
    )
    run = live.run()
    (seconds,) = re.findall(r" within (0\.\d+) s", told(run.text)[0]["screenshot"])
    assert float(seconds) <= 0.3
    assert "none: PROCTOR_EVIDENCE_SECONDS is 'soon' in the environment" in run.text


@pytest.mark.parametrize("fault", ["hang", "mute"])
def test_a_hung_program_delays_no_more_than_the_limit_and_changes_no_outcome(live, fault):
    live.write(test_a=f"""
        import time
        import pytest
        def test_a(live_gui):
            live_gui.request("POST", "/break/{fault}")
            open("failed", "w").write(str(time.monotonic()))
            assert False
        @pytest.fixture(autouse=True)
        def late():
            yield
            open("torn_down", "w").write(str(time.monotonic()))
    """)
    run = live.run()
    assert run.outcomes == {"test_a": "failure"}
    failed = float((live.path / "failed").read_text())
    assert float((live.path / "torn_down").read_text()) - failed < 2.0 + 0.5
    (said,) = told(run.text)
    assert list(said) == KINDS


def test_of_a_test_that_is_expected_to_fail_nothing_is_kept(live):
    live.write(test_a="""
        import pytest
        @pytest.mark.xfail
        def test_a(live_gui): assert False
    """)
    assert told(live.run().text) == []


def test_a_test_that_breaks_what_this_stands_on_fails_for_its_own_reason_alone(live):
    live.write(test_a="""
        import http.client, json
        def test_a(live_gui, monkeypatch):
            monkeypatch.setattr(http.client.HTTPConnection, "request", None)
            monkeypatch.setattr(json, "dumps", None)
            assert False, "for its own reason"
    """)
    run = live.run()
    assert run.outcomes == {"test_a": "failure"} and "for its own reason" in run.text
    (said,) = told(run.text)
    assert said["screenshot"].startswith("none: TypeError")
