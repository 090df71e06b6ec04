"""The ways into a program's build: the folder in its tree, and the package without a build."""
import json
import re
import shutil
import subprocess

import pytest
from hooks_support import ROOT
from hooks_stranger_test import README, imgui_sources, run

STRANGER = ROOT / "tests" / "stranger"


def configure(source, build, *arguments):
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    run("cmake", "-G", "Ninja", "-S", source, "-B", build, f"-DIMGUI_DIR={imgui_sources()}",
        "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", *launcher, *arguments)


def compiled(build):
    """What the build compiles, each by its path."""
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    return {command["file"].replace("/cmake/..", "") for command in commands}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The folder as a stranger has it in their tree."""
    folder = tmp_path_factory.mktemp("tree") / "hooks"
    shutil.copytree(ROOT / "hooks", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_the_folder_is_added_to_a_tree(copy, tmp_path):
    configure(STRANGER / "subdirectory", tmp_path, f"-DHOOKS_DIR={copy}")
    sources = compiled(tmp_path)
    for name in ("hooks.cc", "ui/waits.cc", "assert_failure.cc"):
        assert str(copy / name) in sources


def test_the_folder_in_a_tree_can_be_compiled_out(copy, tmp_path):
    configure(STRANGER / "subdirectory", tmp_path, f"-DHOOKS_DIR={copy}", "-DPROCTOR_HOOKS=OFF")
    run("cmake", "--build", tmp_path)
    said = subprocess.run([tmp_path / "program"], capture_output=True, text=True, timeout=60,
                          check=True)
    assert said.stdout == "drawn 2, port 0, ran 0\n"


def test_the_package_is_installed_without_a_build_and_found(copy, tmp_path):
    (copy / "python" / "build" / "lib").mkdir(parents=True)
    (copy / "python" / "build" / "lib" / "old.py").touch()
    build, prefix = tmp_path / "build", tmp_path / "prefix"
    run("cmake", "-S", copy, "-B", build)
    run("cmake", "--install", build, "--prefix", prefix)
    installed = prefix / "share" / "proctor_hooks" / "hooks"
    assert (installed / "python" / "proctor" / "plugin.py").is_file()
    assert not (installed / "python" / "build").exists()
    program = tmp_path / "program"
    program.mkdir()
    lists = re.search(r"```cmake\n(.*?)```", README, re.DOTALL)[1]
    (program / "CMakeLists.txt").write_text(lists, encoding="utf-8")
    (program / "main.cpp").touch()
    configure(program, program / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    sources = compiled(program / "build")
    assert str(installed / "hooks.cc") in sources
    assert f"{imgui_sources()}/imgui_widgets.cpp" in sources
