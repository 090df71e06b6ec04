"""What a test file says about itself: in a comment, or with the marker `proctor`."""

from __future__ import annotations

import pytest

RECORD = """
    import pytest
    @pytest.fixture(autouse=True)
    def note(live_gui, request):
        with open("pids", "a") as log: print(live_gui.generation, file=log)
"""


def said(project, worker, text, *args):
    """What the `file` message of such a file says besides its tests; their own policies by name."""
    project.write(test_a=text)
    driver = worker(*args)
    driver.collect()
    assert driver.all("collect_error") == []
    (file,) = driver.all("file")
    tests = {test["name"]: test["restart"] for test in file.pop("tests") if "restart" in test}
    return {key: file[key] for key in file if key not in ("type", "path")}, tests


def refused(project, worker, text):
    """The one line of the collection's error, and the number of tests in spite of it."""
    project.write(test_a=text, test_b="def test_b(): pass")
    driver = worker()
    assert driver.collect() == ["test_b.py::test_b"]
    (error,) = driver.all("collect_error")
    assert error["path"] == "test_a.py"
    return error["message"].replace(str(project.path / "test_a.py"), "FILE")


@pytest.mark.parametrize(
    "comment, expected",
    [
        ("# proctor: restart=test", {"restart": "test"}),
        ("#proctor: restart=file group=db-1", {"restart": "file", "group": "db-1"}),
        ("# proctor: alone, restart=never", {"restart": "never", "alone": True}),
        ("import os  # proctor: group=db", {"group": "db"}),
        ("# proctor: alone\n# proctor: group=db", {"group": "db", "alone": True}),
        ("\n" * 29 + "# proctor: alone", {"alone": True}),
        ("\n" * 30 + "# proctor: alone", {}),
        ('text = "# proctor: alone"', {}),
        ("x = '''\n# proctor: alone\n'''", {}),
        ("# what proctor does", {}),
        ("x = [\n" + "\n" * 40 + "]", {}),
    ],
)
def test_a_comment_speaks_for_its_file(project, worker, comment, expected):
    text = comment + "\ndef test_a(): pass\n"
    assert said(project, worker, text) == (expected, {})


def test_a_marker_speaks_for_its_file_its_class_or_its_test(project, worker):
    text = """
        import pytest
        pytestmark = pytest.mark.proctor(restart="test", group="db", alone=True)
        @pytest.mark.proctor(restart="never")
        class TestGroup:
            def test_grouped(self): pass
            @pytest.mark.proctor(restart="file")
            def test_own(self): pass
        some = pytest.param(2, marks=pytest.mark.proctor(restart="class"))
        @pytest.mark.parametrize("n", [1, some])
        def test_some(n): pass
    """
    file, tests = said(project, worker, text, "--strict-markers", "-W", "error")
    assert file == {"restart": "test", "group": "db", "alone": True}
    assert tests == {"test_grouped": "never", "test_own": "file", "test_some[2]": "class"}


@pytest.mark.parametrize(
    "text, error",
    [
        ("# proctor: restart=tset", "FILE:1: unknown restart 'tset'; did you mean 'test'?"),
        (
            "\n# proctor: restrat=test",
            "FILE:2: unknown word 'restrat' in the comment; did you mean 'restart'?",
        ),
        (
            "# proctor: restart=often",
            "FILE:1: unknown restart 'often'; it is one of never, unhealthy, file, class, test",
        ),
        ("# proctor: restart", "FILE:1: restart needs a word"),
        ("# proctor: group=", 'FILE:1: group needs a name, such as "db"'),
        (
            "# proctor: alone=yes",
            "FILE:1: alone has no value 'yes'; did you mean 'alone' by itself?",
        ),
        (
            "# proctor: group=a\n# proctor: group=b",
            "FILE:2: group is 'b' here and 'a' at FILE:1; say it once",
        ),
        (
            "import pytest\n# proctor: group=a\npytestmark = pytest.mark.proctor(group='b')",
            "FILE:3: group is 'b' here and 'a' at FILE:2; say it once",
        ),
        (
            "import pytest\npytestmark = [pytest.mark.proctor(restart='tests')]",
            "FILE:2: unknown restart 'tests'; did you mean 'test'?",
        ),
        (
            "import pytest\npytestmark = pytest.mark.proctor('test')",
            "FILE:2: 'test' has no name in the marker; write proctor(restart=…)",
        ),
        (
            "import pytest\n@pytest.mark.proctor(restart='fiel')\ndef test_x(): pass",
            "FILE:2: unknown restart 'fiel'; did you mean 'file'?",
        ),
        (
            "import pytest\nclass TestX:\n  class TestY:\n    @pytest.mark.proctor(grup='x')\n"
            "    def test_x(self): 0",
            "FILE:4: unknown word 'grup' in the marker; it is one of restart",
        ),
        (
            "import pytest\n@pytest.mark.proctor(group='db')\nclass TestX:\n"
            "  def test_x(self): pass",
            "FILE:2: 'group' is for a whole file: pytestmark = pytest.mark.proctor(group=…)",
        ),
    ],
)
def test_what_cannot_be_understood_fails_the_file_and_no_other(project, worker, text, error):
    assert refused(project, worker, text + "\ndef test_a(): pass\n").startswith(error)


@pytest.mark.parametrize("args", [(), ("--doctest-modules",)])
def test_doctests_of_a_file_change_nothing_about_it(project, worker, args):
    text = """
        import pytest
        # proctor: restart=file
        pytestmark = pytest.mark.proctor(group="db")
        def test_a():
            '''
            >>> 1
            1
            '''
    """
    assert said(project, worker, text, *args) == ({"group": "db", "restart": "file"}, {})


def test_a_bad_marker_of_a_parameter_within_a_class_fails_too(project, worker):
    text = """
        import pytest
        class TestX:
            @pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.proctor(restart="x"))])
            def test_x(self, n): pass
    """
    assert "FILE:4: unknown restart 'x'; it is one of never" in refused(project, worker, text)


@pytest.mark.parametrize(
    "said_here, expected",
    [
        ("", [1, 1, 1, 1]),
        ("# proctor: restart=test", [1, 2, 3, 3]),
        ("# proctor: restart=class", [1, 1, 2, 2]),
    ],
)
def test_plain_pytest_follows_a_files_policy(live, said_here, expected):
    live.write(conftest=RECORD)
    body = "def test_1(): pass\ndef test_2(): pass\nclass TestX:\n  def test_3(self): pass\n"
    if "class" not in said_here:
        body = "def test_1(): pass\ndef test_2(): pass\ndef test_3(): pass\n"
    (live.path / "test_a.py").write_text(f"{said_here}\n{body}")
    live.write(test_b="def test_4(): pass")
    run = live.run()
    assert set(run.outcomes.values()) == {"passed"}, run.text
    assert list(map(int, (live.path / "pids").read_text().split())) == expected


def test_plain_pytest_follows_a_marker_and_says_whose_never_it_is(live):
    live.write(
        conftest=RECORD,
        test_a="""
            import pytest
            @pytest.mark.proctor(restart="test")
            def test_1(live_gui): pass
            @pytest.mark.proctor(restart="test")
            def test_2(live_gui): live_gui.request("POST", "/break/assert")
            @pytest.mark.proctor(restart="never")
            def test_3(live_gui): pass
            def test_4(live_gui): assert live_gui.generation == 3
        """,
    )
    run = live.run("--strict-markers")
    assert list(run.outcomes.values()) == ["passed", "passed", "error", "passed"]
    assert "generation 2 is degraded: ImGui assert: Missing End(), and test_a.py says" in run.text


def test_plain_pytest_stops_at_a_policy_that_cannot_be_understood(live):
    live.write(test_a="# proctor: restart=always\ndef test_a(): pass\n")
    process = live.start()
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 2 and "test_a.py:1: unknown restart 'always'" in text
