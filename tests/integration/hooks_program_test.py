"""The named actions and the state that the demo adds, through the Python client."""
import sys

import pytest
from hooks_support import ROOT, TOKEN, demo, display, start  # noqa: F401

sys.path.insert(0, str(ROOT / "hooks" / "python"))

from proctor import ActionRefused, App, SubjectHung, TargetNotFound  # noqa: E402


@pytest.fixture
def app(demo):  # noqa: F811
    return App(demo.url, TOKEN)


def test_actions_are_listed_and_run_and_state_is_read(app, demo):  # noqa: F811
    listed = {action.name: action for action in app.actions()}
    assert set(listed) == {"counter/add", "project/select", "pool/echo"}
    assert listed["counter/add"].runs_on == "frame_thread" and listed["counter/add"].description
    assert app.action("counter/add", amount=5) == 5
    assert app.action("counter/add") == 6
    assert app.state("counter") == 6 == demo.state()["counter"]
    app.action("project/select", name="Basalt")
    state = app.state()
    assert state["demo"]["project"] == "Basalt" and state["pool"]["alive"] is True
    assert app.action("pool/echo", text="Löwe", list=[1, None]) == {"text": "Löwe", "list": [1, None]}


def test_what_goes_wrong_is_told_in_the_program_s_words_and_does_not_degrade_it(app, demo):  # noqa: F811
    with pytest.raises(ActionRefused, match='"amount" is not an integer'):
        app.action("counter/add", amount="many")
    with pytest.raises(ActionRefused, match='no project "Nowhere"'):
        app.action("project/select", name="Nowhere")
    with pytest.raises(ActionRefused, match="key 'name' not found.*fault of the action"):
        app.action("project/select")
    with pytest.raises(TargetNotFound, match="no action 'counter/ad'.*\nnearest: counter/add"):
        app.action("counter/ad")
    with pytest.raises(TargetNotFound, match="nearest: counter"):
        app.state("cuonter")
    assert demo.health()["healthy"]


def test_while_the_loop_hangs_the_server_s_parts_still_answer(app, demo):  # noqa: F811
    demo.post("/api/fault/hang")
    demo.health_when(lambda health: health["state"] == "hung")
    with pytest.raises(SubjectHung, match="within 100 ms: hung, frame .* has been running"):
        app.action("counter/add", action_timeout=0.1)
    with pytest.raises(SubjectHung):
        app.state(timeout=0.1)
    assert app.action("pool/echo", n=1) == {"n": 1}
    assert app.state("pool")["alive"] is True
