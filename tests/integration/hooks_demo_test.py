"""The demo's own routes: each answers once its effect is in."""
import json

from hooks_support import demo, display, start  # noqa: F401

GOOD = {"name": "Ann", "email": "ann@example.org", "amount": "12.5"}


def test_a_fresh_demo_shows_three_projects_and_nothing_else(demo):
    state = demo.state()
    assert state["projects"] == ["Aurora", "Basalt", "Cinder"]
    assert state["project"] == "Aurora"
    assert (state["counter"], state["saved"], state["modal_open"]) == (0, [], False)
    assert state["io_pool_alive"] is True


def test_the_project_can_be_switched(demo):
    assert demo.post("/api/demo/project", {"name": "Cinder"}).json()["project"] == "Cinder"
    assert demo.post("/api/demo/project", {"name": "Nowhere"}).status == 404
    assert demo.state()["project"] == "Cinder"


def test_the_counter_adds_up(demo):
    for add in (5, -2, 40):
        assert demo.post("/api/demo/counter", {"add": add}).status == 200
    assert demo.state()["counter"] == 43


def test_a_valid_form_is_saved_to_the_workspace(demo):
    assert demo.post("/api/demo/form", GOOD).json()["problems"] == {}
    saved = demo.post("/api/demo/save")
    assert saved.status == 200
    assert saved.json()["saved"] == [GOOD]
    records = (demo.workspace / "records.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in records] == [{**GOOD, "amount": 12.5}]


def test_an_invalid_form_is_not_saved_and_says_why(demo):
    demo.post("/api/demo/form", {"name": "", "email": "nobody", "amount": "-1"})
    refused = demo.post("/api/demo/save")
    assert refused.status == 422
    assert set(refused.json()["problems"]) == {"name", "email", "amount"}
    assert demo.state()["saved"] == []
    assert not (demo.workspace / "records.jsonl").exists()


def test_the_modal_deletes_the_project_when_confirmed(demo):
    assert demo.post("/api/demo/confirm").status == 409
    demo.post("/api/demo/modal", {"open": False})
    assert demo.post("/api/demo/modal", {"open": True}).json()["modal_open"] is True
    confirmed = demo.post("/api/demo/confirm").json()
    assert (confirmed["projects"], confirmed["modal_open"]) == (["Basalt", "Cinder"], False)
    assert demo.health()["state"] == "healthy"


def test_the_demo_survives_deleting_every_project(demo):
    for _ in range(3):
        demo.post("/api/demo/modal", {"open": True})
        demo.post("/api/demo/confirm")
    assert (demo.state()["projects"], demo.state()["project"]) == ([], "")
    assert demo.health()["state"] == "healthy"


def test_a_job_answers_with_its_result(demo):
    done = demo.state()["jobs_done"]
    assert demo.post("/api/demo/job", {"text": "hello"}).json() == {"result": "done: hello"}
    assert demo.state()["jobs_done"] == done + 1


def test_a_shut_pool_refuses_jobs_and_saves(demo):
    demo.post("/api/demo/form", GOOD)
    demo.post("/api/fault/shut_pool")
    assert demo.post("/api/demo/job").status == 503
    assert demo.post("/api/demo/save").status == 503
    assert demo.state()["saved"] == []
