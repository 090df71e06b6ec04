"""A program from which the hooks are compiled out builds, draws, and holds nothing of them."""
import shutil
import subprocess

from hooks_support import BIN_DIR, ROOT
from hooks_stranger_test import imgui_sources, run


def test_the_hooks_can_be_compiled_out(tmp_path):
    prefix, build = tmp_path / "prefix", tmp_path / "build"
    run("cmake", "--install", BIN_DIR.parent, "--component", "hooks", "--prefix", prefix)
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    run("cmake", "-G", "Ninja", "-S", ROOT / "tests" / "stranger" / "off", "-B", build,
        "-DPROCTOR_HOOKS=OFF", f"-DCMAKE_PREFIX_PATH={prefix}", f"-DIMGUI_DIR={imgui_sources()}",
        *launcher)
    run("cmake", "--build", build)
    said = subprocess.run([build / "off"], capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout == "drawn 2, port 0, ran 0\n"
    assert said.stderr == ""
    symbols = subprocess.run(["nm", "-C", build / "off"], capture_output=True, text=True, check=True)
    for word in ("httplib", "OnAssertFailed", "GuiHealth", "ImGuiTestEngineHook"):
        assert word not in symbols.stdout
    needed = subprocess.run(["ldd", build / "off"], capture_output=True, text=True, check=True)
    assert "httplib" not in needed.stdout
