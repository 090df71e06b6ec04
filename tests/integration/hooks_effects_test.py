"""An action that was answered with 200 had its effect; what had none says why."""
import concurrent.futures
import http.client

import pytest
from hooks_record_test import stage  # noqa: F401
from hooks_support import ROOT  # noqa: F401

from proctor import ActionRefused, RequestFailed, expect


@pytest.fixture
def app(stage):  # noqa: F811
    app = stage()
    expect(app.window("Main")).to_be_visible()
    return app


def content(app):
    return app.state("content")


def open_list(app, combo):
    """Opens a combo's list as a person would, and leaves it open."""
    app.locator(combo).click()
    expect(app.locator("##Combo_00/Apple")).to_be_visible()


def test_a_click_under_an_open_list_goes_where_it_was_aimed(app):
    open_list(app, "Fruit")
    app.locator("Main/Notify").click()
    assert content(app)["notify"]


def test_a_click_under_an_open_menu_goes_where_it_was_aimed(app):
    app.locator("Main/File").click()
    app.locator("Main/Save").click()
    assert content(app)["saved"] == 1


def test_select_chooses_in_its_own_combo_while_the_list_of_another_is_open(app):
    open_list(app, "Drink")
    app.locator("Fruit").select("Plum")
    assert (content(app)["fruit"], content(app)["drink"]) == (2, 0)
    open_list(app, "Fruit")
    app.locator("Fruit").select("Pear")
    assert content(app)["fruit"] == 1


def test_a_combo_with_nothing_chosen_is_a_combo(app):
    combo = app.locator("Main/Nothing")
    assert (combo.item().kind, combo.value()) == ("combo", "")
    combo.select("Two")
    assert content(app)["nothing"] == 1
    expect(combo).to_have_value("Two")


def test_what_takes_no_such_value_is_a_refusal_with_what_it_shows(app):
    with pytest.raises(ActionRefused, match="'Main/Count' did not take 'abc': it shows '3'"):
        app.locator("Count").fill("abc")
    with pytest.raises(ActionRefused, match="'Main/Fixed' did not take 'else'"):
        app.locator("Fixed").fill("else")
    app.locator("Count").fill(3)  # as it was
    app.locator("Volume").fill(7)
    assert content(app)["volume"] == 1  # held within its limits, and the answer says so
    done = app.perform("set_value", {"target": "Volume", "value": 9}, 5)
    assert done["item"]["value"] == "1.00 dB"


def test_what_imgui_cannot_hold_is_a_refusal(app):
    with pytest.raises(ActionRefused, match="16 bits"):
        app.locator("Main/Name").fill("a\N{GRINNING FACE}b")


def test_a_window_that_the_program_holds_in_place_refuses(app):
    main = app.window("Main")
    with pytest.raises(ActionRefused, match="'Main' kept its size"):
        main.resize(300, 300)
    with pytest.raises(ActionRefused, match="'Main' kept its place"):
        main.move(50, 50)
    done = app.perform("window", {"target": "Tool \"x\"", "action": "resize", "x": 240, "y": 170}, 5)
    assert (done["window"]["rect"]["w"], done["window"]["rect"]["h"]) == (240, 170)
    app.window("Tool \"x\"").collapse()
    app.window("Tool \"x\"").expand()


@pytest.mark.parametrize("action, body, word", [
    ("click", {"target": "Save", "buton": "right"}, "no member 'buton'"),
    ("drag", {"target": "Source"}, "nowhere to drag it to"),
    ("scroll", {"target": "Main"}, "nothing to scroll by"),
    ("window", {"target": "Tool \"x\"", "action": "resize", "x": 200}, "'y' is missing"),
    ("window", {"target": "Tool \"x\"", "action": "move"}, "'x' is missing"),
    ("click", {"target": "**/" * 300000}, "longer than 4096 bytes"),
])
def test_a_request_with_a_slip_is_refused(app, action, body, word):
    answer = app.request("POST", f"/api/ui/{action}", body)
    assert answer.status == 400
    assert word in answer.json()["error"]


def test_every_member_that_is_described_is_taken_and_no_other(app):
    paths = app.request("GET", "/api/openapi.json").json()["paths"]
    seen = 0
    for path, methods in paths.items():
        content = methods.get("post", {}).get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is None or path == "/api/ui/record":
            continue
        seen += 1
        for name in [*schema["properties"], "buton"]:
            answer = app.request("POST", path, {name: None, "timeout_ms": 1})
            refused = f"no member '{name}'" in answer.text
            assert refused == (name == "buton"), (path, name, answer.text)
    assert seen == 11


def test_a_kind_that_there_is_not_is_refused(app):
    answer = app.request("GET", "/api/ui?kind=buton")
    assert answer.status == 400 and "button" in answer.json()["hint"]


def test_one_budget_is_spent_for_finding_and_setting(app):
    answer = app.request("POST", "/api/ui/set_value",
                         {"target": "Nowhere", "value": "x", "timeout_ms": 300})
    assert answer.status == 404
    done = app.perform("set_value", {"target": "Count", "value": 5}, 5)
    assert done["took_ms"] > 0 and done["frames"] > 3


def test_windows_asked_for_at_once_each_give_their_own_text(app):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            texts = [pool.submit(app.window(title).text) for title in ("Main", "Tool \"x\"") * 4]
            for i, text in enumerate(texts):
                assert ("a tool" in text.result(30)) == (i % 2 == 1)


def test_a_program_that_ends_lets_go_of_who_waits_for_it(stage):  # noqa: F811
    app = stage()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(app.request, "POST", "/api/ui/wait",
                              {"still": 1000, "timeout_ms": 60000}, 90)
        app.wait_idle(1)
        app.shutdown()
        try:
            assert waiting.result(20).status == 503
        except RequestFailed:
            pass  # the program was gone before its answer was read


def test_json_that_is_nested_beyond_reason_is_refused_and_harms_nobody(app):
    deep = "[" * 400_000 + "]" * 400_000
    connection = http.client.HTTPConnection(app.url.split("//")[1], timeout=30)
    connection.request("POST", "/api/actions/input", deep,
                       {"Authorization": f"Bearer {app.token}"})
    answer = connection.getresponse()
    assert answer.status == 400 and b"nested" in answer.read()
    connection.close()
    assert app.health().healthy
