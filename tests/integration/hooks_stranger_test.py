"""A stranger's program: Dear ImGui's own GLFW and OpenGL 3 example gets the hooks by following
hooks/README.md, against the installed package, and its demo window is driven by the client.

PROCTOR_STRANGER_IMGUI_DIR names other sources of Dear ImGui, such as the docking branch's."""
import os
import re
import shutil
import subprocess
import sys
import time

import pytest
from hooks_support import BIN_DIR, PATIENCE, ROOT, display  # noqa: F401

sys.path.insert(0, str(ROOT / "hooks" / "python"))

from proctor import ConnectError, WaitTimeout, connect, expect  # noqa: E402

README = (ROOT / "hooks" / "README.md").read_text(encoding="utf-8")
BUILD_LIMIT = 600
# Where each of the README's lines goes: (anchor in ImGui's example, before | after | instead).
PLACES = [
    ('#include "imgui_impl_opengl3.h"', "after"),
    ("    // Main loop", "before"),
    ("        ImGui_ImplOpenGL3_NewFrame();", "before"),
    ("ImGui::ShowDemoWindow(&show_demo_window);", "instead"),
    ("        glfwSwapBuffers(window);", "after"),
]


OTHER_SOURCES = os.environ.get("PROCTOR_STRANGER_IMGUI_DIR", "")


def imgui_sources():
    if OTHER_SOURCES:
        return os.path.abspath(OTHER_SOURCES)
    cache = (BIN_DIR.parent / "CMakeCache.txt").read_text(encoding="utf-8")
    given = re.search(r"^PROCTOR_IMGUI_DIR:PATH=(.+)$", cache, re.MULTILINE)
    return given[1] if given else str(ROOT / ".deps" / "imgui")


def name_of(directory):
    """One for each directory, so that a build is found again and not mixed with another's."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", directory.strip("/"))


def with_hooks(source):
    """The example's main.cpp after the README's five steps."""
    snippets = re.findall(r"```cpp\n(.*?)```", README.split("**2. Five lines.**")[1], re.DOTALL)
    for (anchor, where), snippet in zip(PLACES, snippets):
        assert source.count(anchor) == 1, f"ImGui's example has no single {anchor!r}"
        replaced = {"before": snippet + anchor, "after": anchor + "\n" + snippet,
                    "instead": snippet}[where]
        source = source.replace(anchor, replaced)
    loop = "while (!glfwWindowShouldClose(window))"
    asked = re.search(r"`(while \(.*?)`", README, re.DOTALL)[1].replace("\n", " ")
    return source.replace(loop, asked)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_LIMIT)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]


@pytest.fixture(scope="module")
def program():
    """The stranger's program, built against the installed hooks; kept beside the build."""
    folder = BIN_DIR.parent / ("stranger-" + name_of(imgui_sources()) if OTHER_SOURCES else "stranger")
    prefix, build = folder / "prefix", folder / "build"
    shutil.rmtree(prefix, ignore_errors=True)
    run("cmake", "--install", BIN_DIR.parent, "--component", "hooks", "--prefix", prefix)
    build.mkdir(parents=True, exist_ok=True)
    example = os.path.join(imgui_sources(), "examples/example_glfw_opengl3/main.cpp")
    with open(example, encoding="utf-8") as file:
        patched = with_hooks(file.read())
    main = build / "main.cpp"
    if not main.exists() or main.read_text(encoding="utf-8") != patched:
        main.write_text(patched, encoding="utf-8")
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    run("cmake", "-G", "Ninja", "-S", ROOT / "tests" / "stranger", "-B", build,
        f"-DCMAKE_PREFIX_PATH={prefix}", f"-DIMGUI_DIR={imgui_sources()}", *launcher)
    run("cmake", "--build", build, "--parallel", "2")
    return build / "stranger"


@pytest.fixture(scope="module")
def app(program, display, tmp_path_factory):  # noqa: F811
    """The running program, found by its discovery file as the README does."""
    runtime = tmp_path_factory.mktemp("runtime")
    saved = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    log = open(runtime / "log", "wb")
    process = subprocess.Popen([program], cwd=runtime, stdout=log, stderr=log,
                               env=dict(os.environ, DISPLAY=display, vblank_mode="0"))
    try:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                found = connect(app="example")
                break
            except ConnectError:
                assert process.poll() is None, (runtime / "log").read_text()
                assert time.monotonic() < end
                time.sleep(0.02)  # the discovery file is all there is to wait for
        found.wait_idle(timeout=PATIENCE)
        yield found
        found.shutdown()
        assert process.wait(PATIENCE) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        log.close()
        os.environ.pop("XDG_RUNTIME_DIR")
        if saved is not None:
            os.environ["XDG_RUNTIME_DIR"] = saved


@pytest.fixture
def demo(app):
    """ImGui's demo window with everything closed, so that a test opens what it needs."""
    window = app.window("Dear ImGui Demo")
    window.resize(560, 700)
    window.move(20, 20)
    for _ in range(50):
        trees = app.items(window="Dear ImGui Demo", kind="tree")
        opened = [item.path for item in trees if item.opened]
        if not opened:
            return window
        app.locator(opened[-1]).close()
    raise AssertionError(f"these do not stay closed: {opened}")


def test_the_readmes_first_test_passes(app):
    app.locator("Hello, world!/Button").click()
    expect(app.window("Hello, world!")).to_contain_text("counter = 1")


def test_the_readmes_example_passes_every_time(app):
    example = re.search(r"```python\n(# test_example\.py\n.*?)```", README, re.DOTALL)[1]
    names = {}
    exec(example, names)
    for _ in range(2):
        names["test_the_other_window_opens_and_closes"](app)


def test_a_window_is_opened_and_closed(app):
    box = app.locator("Hello, world!/Another Window")
    box.check()
    app.window("Another Window").close()
    expect(box).to_be_checked(False)


def test_a_slider_takes_a_number(app):
    app.locator("Hello, world!/float").fill(0.25)
    expect(app.locator("Hello, world!/float")).to_have_value("0.250")


def test_a_slider_is_dragged(app):
    slider = app.locator("Hello, world!/float")
    slider.fill(0.5)
    slider.drag_by(60, 0)
    assert 0.5 < float(slider.value()) <= 1


def test_checkbox_and_radio_buttons(app, demo):
    demo.locator("Widgets").open()
    demo.locator("Basic").open()
    box = demo.locator("Basic/checkbox")
    box.uncheck()
    expect(box).to_be_checked(False)
    assert not box.is_checked() and box.is_visible() and box.is_enabled()
    box.check()
    expect(box).to_be_checked()
    assert box.is_checked()
    demo.locator("Basic/radio c").check()
    expect(demo.locator("Basic/radio c")).to_be_checked()
    expect(demo.locator("Basic/radio a")).to_be_checked(False)


def test_text_input_and_drag(app, demo):
    demo.locator("Widgets").open()
    demo.locator("Basic").open()
    demo.locator("Basic/input text").fill("Grüße")
    expect(demo.locator("Basic/input text")).to_have_value("Grüße")
    demo.locator("Basic/drag int").fill(77)
    expect(demo.locator("Basic/drag int")).to_have_value("77")


def test_a_combo(app, demo):
    demo.locator("Widgets").open()
    demo.locator("Combo").open()
    (path,) = [item.path for item in app.items("(one-liner)", kind="combo")]
    combo = app.locator(path)
    combo.select("cccc")
    expect(combo).to_have_value("cccc")


def test_a_tree(app, demo):
    demo.locator("Widgets").open()
    demo.locator("Tree Nodes").open()
    demo.locator("Basic trees").open()
    child = demo.locator("Basic trees/Child 1")
    child.open()
    expect(child.locator("button")).to_be_visible()
    child.close()
    expect(child.locator("button")).to_be_hidden()


def test_tabs(app, demo):
    demo.locator("Widgets").open()
    demo.locator("Tabs").open()
    demo.locator("Tabs/**/Basic").open()
    demo.locator("Broccoli").check()
    expect(demo.locator("Broccoli")).to_be_checked()
    expect(demo.locator("Avocado")).to_be_checked(False)


def test_table_sorting(app, demo):
    demo.locator("Tables & Columns").open()
    demo.locator("Sorting").open()
    header = demo.locator("ID")
    header.hover()  # scrolls the table into view

    def ids():
        return re.findall(r"\b00\d\d\b", demo.text())

    first = ids()
    assert first[:2] == ["0000", "0001"]
    header.click()
    app.wait_idle()
    assert ids()[:2] == ["0049", "0048"]
    header.click()
    app.wait_idle()
    assert ids()[:2] == first[:2]


def test_a_menu(app, demo):
    app.menu("Menu/Options/Enabled", window="Dear ImGui Demo")
    app.press("Escape")
    app.press("Escape")
    app.locator("Dear ImGui Demo/Menu").open()
    app.locator("Menu/Options").open()
    expect(app.locator("Options/Enabled")).to_be_checked(False)
    app.press("Escape")
    app.press("Escape")


def test_multi_select(app, demo):
    demo.locator("Widgets").open()
    demo.locator("Selection State & Multi-Select").open()
    demo.locator("Multi-Select").open()
    rows = [item.path for item in app.items("Object 000", window="Dear ImGui Demo")][:4]
    app.locator(rows[0]).click()
    app.locator(rows[2]).click(modifiers="Shift")
    expect(demo).to_contain_text("Selection: 3/50")
    app.locator(rows[1]).click(modifiers="Ctrl")
    expect(demo).to_contain_text("Selection: 2/50")


def test_a_modal_popup(app, demo):
    demo.locator("Popups & Modal windows").open()
    demo.locator("Modals").open()
    demo.locator("Delete..").click()
    expect(app.locator("Delete?/OK")).to_be_visible()
    with pytest.raises(WaitTimeout, match="blocked by the modal"):
        app.locator("Hello, world!/Button").click(timeout=0.3)
    app.locator("Delete?/Cancel").click()
    expect(app.locator("Delete?/OK")).to_be_hidden()
