"""The trace and the frames' timing of the demo, through the Python client."""
import json
import sys

import pytest
from hooks_support import ROOT, TOKEN, demo, display, start  # noqa: F401

sys.path.insert(0, str(ROOT / "hooks" / "python"))

from proctor import ActionRefused, App, TargetNotFound  # noqa: E402


@pytest.fixture
def app(demo):  # noqa: F811
    return App(demo.url, TOKEN)


def test_a_test_s_doings_stand_in_the_trace_in_their_order(app, demo):  # noqa: F811
    begun = app.events().next
    app.locator("+ 1").click()
    app.action("counter/add", amount=2)
    with pytest.raises(TargetNotFound):
        app.locator("Nowhere").click(timeout=0.2)
    assert demo.request("GET", "/api/ui", token="wrong").status == 401
    demo.request("GET", "/nowhere")
    found = app.events(begun)
    assert found.dropped == 0
    told = [(e.kind, e.name) for e in found.events if e.kind not in ("frame",)]
    ui = [e for e in found.events if e.kind == "ui"]
    assert [e.name for e in ui] == ["click Counter/+ 1", "click Nowhere"]
    assert ui[0].args["frames"] >= 1 and ui[0].duration_ms > 0
    assert "no item 'Nowhere'" in ui[1].args["error"]
    assert told.index(("ui", "click Counter/+ 1")) < told.index(("action", "counter/add"))
    requests = [(e.args["method"], e.args["path"], e.args["status"])
                for e in found.events if e.kind == "request"]
    for one in (("POST", "/api/ui/click", 200), ("POST", "/api/actions/counter/add", 200),
                ("POST", "/api/ui/click", 404), ("GET", "/api/ui", 401), ("GET", "/nowhere", 404)):
        assert one in requests
    # The click's frames were drawn while it was being played, on the same clock.
    click = next(e for e in ui if e.name.endswith("+ 1"))
    during = [e for e in found.events if e.kind == "frame"
              and click.start_ms <= e.start_ms <= click.start_ms + click.duration_ms]
    assert len(during) >= 2
    assert [e.seq for e in found.events] == sorted({e.seq for e in found.events})
    assert app.events(found.next, "assert").events == []


def test_a_degraded_program_s_trace_tells_the_assert_and_the_change_of_health(app, demo):  # noqa: F811
    demo.post("/api/fault/imgui_assert")
    demo.health_when(lambda health: health["state"] == "degraded")
    kinds = {e.kind: e for e in app.events(kind="assert,health").events}
    assert kinds["assert"].args["window"] and kinds["assert"].args["line"] > 0
    assert kinds["health"].args["to"] == "degraded" and kinds["health"].args["reason"]
    demo.post("/api/gui_health/reset")
    assert app.events(kind="health").events[-1].args["from"] == "degraded"


def test_a_hang_is_in_the_trace_while_it_lasts(app, demo):  # noqa: F811
    demo.post("/api/fault/hang")
    demo.health_when(lambda health: health["state"] == "hung")
    assert app.events(kind="health").events[-1].name == "hung"


def test_the_saved_trace_is_what_chrome_and_perfetto_take(app, tmp_path):
    app.locator("+ 1").click()
    trace = json.loads(app.save_trace(tmp_path / "trace.json").read_text(encoding="utf-8"))
    assert trace["displayTimeUnit"] == "ms"
    threads = {}
    for event in trace["traceEvents"]:
        assert isinstance(event["name"], str) and isinstance(event["cat"], str)
        assert isinstance(event["pid"], int) and isinstance(event["tid"], int)
        assert event["ts"] >= 0 and event["ph"] in ("X", "i", "M")
        assert event["ph"] != "X" or event["dur"] >= 0
        assert event["ph"] != "i" or event["s"] in ("g", "p", "t")
        if event["name"] == "thread_name":
            threads[event["tid"]] = event["args"]["name"]
    assert sorted(set(threads.values())) == ["frame loop", "http"]
    frames = [e for e in trace["traceEvents"] if e["cat"] == "frame"]
    assert {threads[e["tid"]] for e in frames} == {"frame loop"}
    # Complete events of one thread may lie within each other, but not overlap.
    for thread in threads:
        open_until = []
        for event in sorted((e for e in trace["traceEvents"] if e["ph"] == "X" and e["tid"] == thread),
                            key=lambda e: (e["ts"], -e["dur"])):
            while open_until and open_until[-1] <= event["ts"]:
                open_until.pop()
            end = event["ts"] + event["dur"]
            assert not open_until or end <= open_until[-1], event
            open_until.append(end)


def test_the_last_frames_are_told(app, demo):  # noqa: F811
    demo.health_when(lambda health: health["frame"] > 5)
    frames = app.frames(4)
    assert [f.frame for f in frames] == list(range(frames[0].frame, frames[0].frame + 4))
    for before, after in zip(frames, frames[1:]):
        assert after.start_ms - before.start_ms == pytest.approx(after.interval_ms, abs=0.002)
        assert 0 < before.duration_ms <= after.interval_ms + 0.002
    with pytest.raises(ActionRefused, match="last is no number: '-1'"):
        app.frames(-1)
