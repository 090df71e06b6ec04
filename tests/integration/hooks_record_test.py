"""Recording: what a person does comes out as a Python test, which does the same when it is run.

The person is real input: ImGui events in a program without a window that has one widget of each
kind (tests/children/hooks_stage.cc), and xdotool's mouse and keyboard in the demo.
"""
import os
import signal
import subprocess
import sys

import pytest
from hooks_support import BIN_DIR, PATIENCE, ROOT, TOKEN, demo, display, start  # noqa: F401

sys.path.insert(0, str(ROOT / "hooks" / "python"))

from proctor import App, expect  # noqa: E402

CONFTEST = """
import os, sys
sys.path.insert(0, {path!r})
import pytest
from proctor import App

@pytest.fixture
def live_gui():
    return App({url!r}, {token!r})
"""


@pytest.fixture
def stage():
    """Starts programs without a window; each is an App."""
    started = []

    def start_one():
        process = subprocess.Popen([BIN_DIR / "hooks_stage"], stdout=subprocess.PIPE,
                                   env=dict(os.environ, PROCTOR_HOOKS_TOKEN=TOKEN))
        started.append(process)
        return App(process.stdout.readline().decode().split()[-1], TOKEN)

    yield start_one
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


class Person:
    """Moves, presses and types: one event a frame, as a window would get it."""

    def __init__(self, app):
        self.app = app

    def do(self, **event):
        self.app.action("input", **event)

    def at(self, path):
        """The middle of what can be seen of an item."""
        expect(self.app.locator(path)).to_be_visible()
        self.app.wait_idle(2)
        x, y, width, height = self.app.locator(path).item().rect
        return x + width / 2, y + height / 2

    def move(self, x, y):
        self.do(x=x, y=y)
        self.app.state("content")  # a frame more: hovering shows in the next one

    def button(self, down, button=0):
        self.do(button=button, down=down)

    def click(self, path, button=0, count=1):
        self.move(*self.at(path))
        for _ in range(count):
            self.button(True, button)
            self.button(False, button)

    def drag(self, path, dx, dy=0):
        x, y = self.at(path)
        self.drag_to((x, y), (x + dx, y + dy))

    def drag_to(self, begin, end):
        self.move(*begin)
        self.button(True)
        for part in (0.25, 0.5, 0.75, 1):
            self.move(begin[0] + (end[0] - begin[0]) * part, begin[1] + (end[1] - begin[1]) * part)
        self.button(False)

    def key(self, chord, *, text=""):
        self.do(key=chord, down=True)
        if text:
            self.do(text=text)
        self.do(key=chord, down=False)

    def type(self, text):
        for letter in text:
            self.do(text=letter)


def run_recorded(code, app, folder):
    """Runs the code as a test against the program."""
    (folder / "conftest.py").write_text(
        CONFTEST.format(path=str(ROOT / "hooks" / "python"), url=app.url, token=TOKEN))
    (folder / "test_recorded.py").write_text(code, encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
                          cwd=folder, capture_output=True, text=True, timeout=4 * PATIENCE)
    assert done.returncode == 0 and "1 passed" in done.stdout, code + done.stdout


def calls(recording):
    return [step.replace("app.", "", 1) for step in recording.steps]


def test_what_is_clicked_and_typed_comes_out_as_a_test_that_does_the_same(stage, tmp_path):
    app = stage()
    person = Person(app)
    with app.recording() as recording:
        person.click("Main/Save")
        person.click("Main/Save", button=1)
        person.click("Main/Notify")
        person.click("Main/Blue")
        person.click("Main/Name")
        person.type("Ada \"L\"")
        person.key("Enter")
        person.click("Main/Secret")
        person.type("hush")
        person.click("Main/Note")
        person.type("one")
        person.key("Enter")
        person.type("two")
        person.drag("Main/Volume", 60)
        person.drag("Main/Count", 30)
        person.click("Main/Fruit")
        person.click("##Combo_00/Pear")
        person.click("Main/More")
        person.click("Main/More/Inside")
        person.click("Second")
        person.key("Ctrl+S")
        person.click("Main/File")
        person.click("File/Open Recent")
        person.click("File/Open Recent/b\\/c.txt")
        person.drag_to(person.at("Main/Source"), person.at("Main/Target"))
        app.wait_idle()
    wanted = app.state("content")
    volume, count = f"{wanted['volume']:.2f}", str(wanted["count"])
    assert wanted["volume"] > 0.5 and wanted["count"] > 3 and wanted["dropped"] == "x"
    assert (wanted["note"], wanted["secret"], wanted["fruit"]) == ("one\ntwo", "hush", 1)
    assert calls(recording) == [
        'locator("Main/Save").click()',
        'locator("Main/Save").click(button="right")',
        'locator("Main/Notify").check()',
        'locator("Main/Blue").check()',
        'locator("Main/Name").fill("Ada \\"L\\"")',
        'press("Enter")',
        'locator("Main/Secret").fill("hush")',
        'locator("Main/Note").fill("one\\ntwo")',
        f'locator("Main/Volume").fill("{volume}")',
        f'locator("Main/Count").fill("{count}")',
        'locator("Main/Fruit").select("Pear")',
        'locator("Main/More").open()',
        'locator("Main/More/Inside").click()',
        'locator("Main/Second").check()',
        'press("Ctrl+S")',
        'menu("File/Open Recent/b\\\\/c.txt")',
        'locator("Main/Source").drag_to(app.locator("Main/Target"))',
    ]
    fresh = stage()
    run_recorded(recording.python, fresh, tmp_path)
    found = fresh.state("content")
    assert found.pop("volume") == pytest.approx(wanted.pop("volume"), abs=0.01)
    assert found == wanted


def test_what_is_undone_on_the_way_and_how_it_was_clicked(stage, tmp_path):
    app = stage()
    person = Person(app)
    app.locator("Main/More").open()
    with app.recording() as recording:
        person.click("Main/Save", count=2)
        person.do(key="Ctrl", down=True)
        person.click("Main/Save")
        person.do(key="Ctrl", down=False)
        person.click("Main/Notify")
        person.click("Main/Notify")
        person.click("Main/More")
        person.click("Main/Name")
        person.type("abc")
        person.key("Escape")  # takes it back
        person.click("Main/File")
        person.click("File/Autosave")
        person.click("Tool \"x\"/Edit")
        person.click("Edit/Undo")
        person.drag("Tool \"x\"/#COLLAPSE", 0)
        person.drag("Tool \"x\"/#COLLAPSE", 0)
        person.drag_to((540, 30), (560, 90))
        person.click("Tool \"x\"/#CLOSE")
        person.move(*person.at("Main/Save"))
        person.button(True)
        person.move(700, 500)
        person.button(False)  # let go elsewhere: no click
        app.wait_idle()
    assert calls(recording) == [
        'locator("Main/Save").double_click()',
        'locator("Main/Save").click(modifiers="Ctrl")',
        'locator("Main/Notify").check()',
        'locator("Main/Notify").uncheck()',
        'locator("Main/More").close()',
        'menu("File/Autosave")',
        'menu("Edit/Undo", window="Tool \\"x\\"")',
        'window("Tool \\"x\\"").collapse()',
        'window("Tool \\"x\\"").expand()',
        'window("Tool \\"x\\"").move(470, 80)',
        'window("Tool \\"x\\"").close()',
    ]
    wanted = app.state("content")
    assert (wanted["saved"], wanted["double"], wanted["with_ctrl"]) == (3, 1, 1)
    assert wanted["opened"] == "undone in the tool"
    assert wanted["autosave"] and not wanted["tool_open"] and wanted["name"] == ""
    fresh = stage()
    fresh.locator("Main/More").open()
    run_recorded(recording.python, fresh, tmp_path)
    assert fresh.state("content") == wanted


def test_what_the_api_plays_is_not_recorded_and_an_edit_shows_before_it_ends(stage):
    app = stage()
    person = Person(app)
    recording = app.recording()
    assert recording.steps == []
    person.click("Main/Save")  # before the start
    recording.start()
    app.locator("Main/Save").click()
    app.locator("Main/Name").fill("by the API")
    app.locator("Main/Notify").check()
    assert recording.steps == []
    assert recording.python == 'def test_recorded(live_gui):\n    """Nothing was recorded."""\n'
    person.click("Main/Secret")
    person.type("hu")
    assert calls(recording) == ['locator("Main/Secret").fill("hu")']
    person.key("Ctrl+S")
    person.type("sh")
    recording.stop()
    person.click("Main/Save")  # after the end
    assert calls(recording) == ['locator("Main/Secret").fill("hu")', 'press("Ctrl+S")',
                                'locator("Main/Secret").fill("hush")']
    recording.start()
    assert recording.steps == []


def test_a_text_of_several_lines_is_one_item_that_can_be_filled(stage):
    app = stage()
    note = app.locator("Main/Note")
    note.fill("one\ntwo")
    assert app.state("content")["note"] == "one\ntwo"
    assert [item.path for item in app.items("Main/Note")] == ["Main/Note"]
    expect(note).to_have_value("one\ntwo")
    note.click()
    assert note.item().active


def xdotool(display, *arguments):  # noqa: F811
    subprocess.run(["xdotool", *map(str, arguments)], check=True, timeout=PATIENCE,
                   env=dict(os.environ, DISPLAY=display))


def test_the_command_line_records_a_real_mouse_and_keyboard(demo, start, display, tmp_path):  # noqa: F811
    app = App(demo.url, TOKEN)
    environment = dict(os.environ, PYTHONPATH=str(ROOT / "hooks" / "python"))
    recorder = subprocess.Popen(
        [sys.executable, "-m", "proctor", "record", "--url", app.url, "--token", TOKEN],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert "Recording" in recorder.stderr.readline()
    window = subprocess.run(["xdotool", "search", "--sync", "--pid", str(demo.health()["pid"]), "--name", "Proctor demo"],
                            check=True, capture_output=True, text=True, timeout=PATIENCE,
                            env=dict(os.environ, DISPLAY=display)).stdout.split()[0]

    def click(path):
        x, y, width, height = app.locator(path).item().rect
        xdotool(display, "mousemove", "--window", window, int(x + width / 2), int(y + height / 2))
        app.wait_idle()
        xdotool(display, "click", 1)
        app.wait_idle()

    xdotool(display, "windowfocus", "--sync", window)
    click("Projects/Basalt")
    click("Counter/+ 1")
    for index, text in enumerate(["Ada", "ada@example.org", "12.5"]):
        click(f"Record/##field[{index}]")
        xdotool(display, "type", "--delay", "40", text)
        expect(app.locator(f"Record/##field[{index}]")).to_have_value(text)
    click("Record/Save")
    expect(app.window("Record")).to_contain_text("saved Ada")
    recorder.send_signal(signal.SIGINT)
    code, complaints = recorder.communicate(timeout=PATIENCE)
    assert recorder.returncode == 0, complaints
    assert code == (
        "def test_recorded(live_gui):\n"
        "    app = live_gui\n"
        '    app.locator("Projects/Basalt").click()\n'
        '    app.locator("Counter/+ 1").click()\n'
        '    app.locator("Record/##field[0]").fill("Ada")\n'
        '    app.locator("Record/##field[1]").fill("ada@example.org")\n'
        '    app.locator("Record/##field[2]").fill("12.5")\n'
        '    app.locator("Record/Save").click()\n')
    fresh = start("--faults").healthy()
    run_recorded(code, App(fresh.url, TOKEN), tmp_path)
    again = App(fresh.url, TOKEN)
    expect(again.window("Record")).to_contain_text("saved Ada")
    assert again.state("demo") == app.state("demo")
    assert demo.health()["healthy"]


def test_the_command_line_tells_what_it_can_do_and_what_it_misses():
    def run(*arguments):
        environment = dict(os.environ, PYTHONPATH=str(ROOT / "hooks" / "python"))
        return subprocess.run([sys.executable, "-m", "proctor", *arguments], env=environment,
                              capture_output=True, text=True, timeout=PATIENCE)

    assert run().returncode == 2 and "record" in run().stdout
    assert "--url" in run("record", "--help").stdout
    refused = run("record", "--url", "http://127.0.0.1:9", "--token", "x")
    assert refused.returncode == 1 and "gave no answer" in refused.stderr
