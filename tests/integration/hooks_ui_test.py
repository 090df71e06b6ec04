"""The item tree and the actions, through the Python client, against the demo program."""
import concurrent.futures
import struct
import sys
import time

import pytest
from hooks_support import ROOT, TOKEN, demo, display, start  # noqa: F401

sys.path.insert(0, str(ROOT / "hooks" / "python"))

from proctor import (ActionRefused, App, ExpectationFailed, TargetAmbiguous,  # noqa: E402
                     SubjectHung, TargetNotFound, WaitTimeout, expect)


@pytest.fixture
def app(demo):  # noqa: F811
    demo.healthy()
    return App(demo.url, TOKEN)


def test_the_tree_names_what_is_shown(app):
    tree = app.tree()
    paths = [item["path"] for item in tree["items"]]
    assert [w["path"] for w in tree["windows"]] == ["Projects", "Record", "Counter", "IO pool"]
    assert "Projects/Aurora" in paths and "Counter/+ 1" in paths
    assert tree["duplicates"] == ["Record/##field"]
    save = next(item for item in tree["items"] if item["path"] == "Record/Save")
    assert (save["kind"], save["enabled"], save["visible"]) == ("button", False, True)
    assert [i.path for i in app.items("save")] == ["Record/Save"]
    assert {i.kind for i in app.items(kind="input")} == {"input"}


def test_paths_and_ids_stay_the_same(app):
    first = [(i.path, i.id) for i in app.items()]
    app.locator("Counter/+ 1").click()
    assert [(i.path, i.id) for i in app.items()] == first


def test_a_click_counts_within_four_frames(app, demo):  # noqa: F811
    done = app.perform("click", {"target": "Counter/+ 1"}, 5)
    assert done["frames"] <= 4
    assert demo.state()["counter"] == 1
    app.locator("+ 1").click()
    app.locator("- 1").double_click()
    assert demo.state()["counter"] == 0


def test_a_form_is_filled_and_saved(app, demo):  # noqa: F811
    save = app.locator("Record/Save")
    expect(save).to_be_disabled()
    for index, text in enumerate(["Ada Löwe", "ada@example.org", "12.5"]):
        field = app.locator("Record/##field").nth(index)
        field.fill(text)
        expect(field).to_have_value(text)
    expect(save).to_be_enabled()
    save.click()
    expect(app.window("Record")).to_contain_text("saved Ada Löwe")
    assert demo.state()["saved"] == [
        {"name": "Ada Löwe", "email": "ada@example.org", "amount": "12.5"}]
    app.locator("Record/##field[0]").fill("")
    expect(app.locator("Record/##field[0]")).to_have_value("")
    expect(save).to_be_disabled()


def test_keys_and_typing_go_where_the_focus_is(app, demo):  # noqa: F811
    field = app.locator("Record/##field[0]")
    field.focus()
    expect(field).to_be_focused()
    app.type("abc")
    app.press("Backspace")
    app.press("Shift+Home")
    app.type("x")
    assert demo.state()["form"]["name"] == "x"


def test_a_modal_blocks_what_is_behind_it_and_the_refusal_says_so(app, demo):  # noqa: F811
    app.locator("Projects/Delete...").click()
    expect(app.locator("Delete project?/Cancel")).to_be_visible()
    with pytest.raises(WaitTimeout, match="blocked by the modal 'Delete project\\?'"):
        app.locator("Counter/+ 1").click(timeout=0.3)
    app.locator("Cancel").click()
    expect(app.locator("Cancel")).to_be_hidden()
    app.locator("Counter/+ 1").click()
    assert demo.state()["counter"] == 1
    assert not app.locator("Cancel").is_visible()


def test_what_is_disabled_is_not_clicked(app):
    with pytest.raises(WaitTimeout, match="'Record/Save' to be clickable: it is disabled"):
        app.locator("Save").click(timeout=0.3)


def test_an_unknown_target_names_the_nearest(app):
    with pytest.raises(TargetNotFound, match="nearest: Counter/Clear"):
        app.locator("Counter/Cleer").click(timeout=0.2)


def test_a_target_of_several_items_is_refused_at_once(app):
    begun = time.monotonic()
    with pytest.raises(TargetAmbiguous, match=r"Record/##field\[2\]"):
        app.locator("##field").fill("x")
    assert time.monotonic() - begun < 4


def test_a_button_takes_no_text(app):
    with pytest.raises(ActionRefused, match="'Save' is a button"):
        app.locator("Save").fill("x")


def test_an_expectation_that_fails_is_an_assertion_with_the_reason(app):
    with pytest.raises(AssertionError, match="expected 'Counter/Clear' to be disabled"):
        expect(app.locator("Counter/Clear")).to_be_disabled(timeout=0.2)
    with pytest.raises(ExpectationFailed):
        expect(app.locator("Nowhere")).to_be_visible(timeout=0.1)


def test_what_is_so_now_is_told_without_a_wait(app):
    save, clear = app.locator("Record/Save"), app.locator("Counter/Clear")
    assert clear.is_visible() and not app.locator("Cancel").is_visible()
    assert clear.is_enabled() and not save.is_enabled()
    assert not clear.is_checked()  # nor can it be; what can is in hooks_stranger_test.py
    clear.wait_for("visible", timeout=0)
    expect(save).to_be_disabled(timeout=0)
    with pytest.raises(ExpectationFailed, match="^expected 'Record/Save' to be enabled, but it is disabled\n"):
        expect(save).to_be_enabled(timeout=0)
    clear.click(timeout=5)


def test_of_a_loop_that_hangs_nothing_is_told_as_if_it_were_so(app, demo):  # noqa: F811
    demo.post("/api/fault/hang")
    for ask in (app.locator("Counter/Clear").is_visible,
                lambda: expect(app.locator("Cancel")).to_be_hidden(timeout=0),
                lambda: app.locator("Counter/Clear").click(timeout=0.2)):
        with pytest.raises(SubjectHung, match="no frame was drawn within 1000 ms. the frame loop hangs"):
            ask()


@pytest.mark.parametrize("target, method, arguments, words", [
    ("Counter", "to_contain_text", ["no such text"],
     "to contain 'no such text' within 0.1 s, but it shows: \"Counter\\n0\\n[ + 1 ]"),
    ("Record/##field[0]", "to_have_value", ["Ada"],
     "to have the value 'Ada' within 0.1 s, but its value is ''"),
    ("Record/Save", "to_contain_text", ["Load"],
     "to contain 'Load' within 0.1 s, but its label is 'Save'"),
    ("Record/Save", "to_have_value", ["1"],
     "to have the value '1' within 0.1 s, but it has no value"),
    ("Record/Save", "to_be_checked", [],
     "to be checked within 0.1 s, but it is of kind 'button' and cannot be checked"),
    ("Counter/Clear", "to_be_hidden", [], "to be hidden within 0.1 s, but it is visible"),
    ("Nowhere", "to_be_visible", [], "to be visible within 0.1 s, but it is not there"),
])
def test_an_expectation_that_fails_says_what_was_there(app, target, method, arguments, words):
    what = app.window(target) if target == "Counter" else app.locator(target)
    with pytest.raises(ExpectationFailed) as failed:
        getattr(expect(what), method)(*arguments, timeout=0.1)
    sentence, rest = str(failed.value).split("\n", 1)
    assert sentence.startswith(f"expected {target!r} {words}")
    if target == "Nowhere":
        assert rest.startswith("nearest: ")
    else:
        assert "  Record/Save (button, disabled)" in rest.splitlines()
    assert "/api/" not in str(failed.value) and "ms" not in sentence.split()


def test_an_expectation_waits_for_what_comes_later(app, demo):  # noqa: F811
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(lambda: expect(app.locator("Cancel")).to_be_visible())
        app.locator("Delete...").click()
        waiting.result(10)


def test_actions_at_once_take_their_turns(app, demo):  # noqa: F811
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        clicks = [pool.submit(app.locator("Counter/+ 1").click, timeout=20) for _ in range(12)]
        for click in clicks:
            click.result(60)
    assert demo.state()["counter"] == 12


def test_waiting_for_stillness_ends(app):
    app.locator("Counter/+ 1").click()
    app.wait_idle()


@pytest.mark.parametrize("action, body, word", [
    ("click", {}, "'target' is missing"),
    ("click", {"target": 7}, "'target' is not a text"),
    ("click", {"target": "Save", "button": "fourth"}, "left, right, middle"),
    ("press", {"keys": "Ctrl+Nonsense"}, "no key is named 'Nonsense'"),
    ("window", {"target": "Record", "action": "paint"}, "close, raise"),
    ("wait", {"target": "Save", "state": "happy"}, "visible, hidden"),
])
def test_a_request_that_makes_no_sense_names_the_key(app, action, body, word):
    answer = app.request("POST", f"/api/ui/{action}", body)
    assert answer.status == 400
    assert word in answer.text


def test_while_the_loop_hangs_the_tree_is_refused_with_the_reason(start):  # noqa: F811
    demo = start("--faults").healthy()  # noqa: F811
    demo.post("/api/fault/hang")
    answer = demo.request("GET", "/api/ui")
    assert answer.status == 503 and "frame loop hangs" in answer.text


def test_a_screenshot_is_a_png_of_all_or_of_a_part(app, tmp_path):
    def size(png):
        assert png.startswith(b"\x89PNG\r\n")
        return struct.unpack(">II", png[16:24])

    assert size(app.screenshot(tmp_path / "all.png")) == (900, 560)
    window = next(w for w in app.tree()["windows"] if w["path"] == "Counter")["rect"]
    assert size(app.screenshot(target="Counter")) == (int(window["w"]), int(window["h"]))
    before = app.screenshot(target="Counter")
    app.locator("+ 1").click()
    app.wait_idle()
    assert app.screenshot(target="Counter") != before
    with pytest.raises(TargetNotFound):
        app.screenshot(target="Nowhere")


def test_every_route_is_described_and_every_described_route_is_there(app):
    described = app.request("GET", "/api/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if path == "/api/shutdown":
                continue
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            sent = {**body["example"], "timeout_ms": 1} if body else None
            answer = app.request(method.upper(), path, sent)
            assert "no such route" not in answer.text, path
            assert answer.status in (200, 400, 404, 408, 409, 422), (path, answer.text)
            if answer.status != 200:
                assert {"error", "hint"} <= set(answer.json())


def test_a_panel_that_throws_is_fenced_off_until_somebody_asks_for_another_try(app, demo):  # noqa: F811
    demo.post("/api/fault/throw_in_panel", {"times": 2})
    retry = app.locator("Counter/Retry")
    expect(retry).to_be_visible()
    expect(app.window("Counter")).to_contain_text("the counter cannot be read")
    assert app.request("GET", "/api/guard").json() == {
        "fenced": ["counter"], "new_contexts": 0, "given_up": False}
    assert app.health().state == "degraded"
    expect(app.locator("Record/Save")).to_be_visible()  # the rest goes on

    retry.click()  # throws once more
    expect(retry).to_be_visible()
    retry.click()
    app.locator("Counter/+ 1").click()
    assert app.request("GET", "/api/guard").json()["fenced"] == []
    assert demo.state()["counter"] == 1


def test_a_program_that_fails_again_and_again_gets_a_new_context_and_stays_drivable(app, demo):  # noqa: F811
    demo.post("/api/fault/throw_in_panel", {"times": 4})
    retry = app.locator("Counter/Retry")
    for _ in range(2):
        expect(retry).to_be_visible()
        retry.click()
    # The third failure led to a new context and, at once, to a fourth.
    expect(retry).to_be_visible()
    assert app.request("GET", "/api/guard").json()["new_contexts"] == 1
    retry.click()
    app.locator("Counter/+ 1").click()
    assert demo.state()["counter"] == 1
    width, height = struct.unpack(">II", app.screenshot()[16:24])
    assert (width, height) > (100, 100)
