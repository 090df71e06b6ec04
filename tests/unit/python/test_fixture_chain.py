"""Fixtures that hang on live_gui live as long as the generation they were made with."""

from __future__ import annotations

import json

import pytest

from driver import outcome

CHAIN = """
    import pytest

    def note(*words):
        with open("log", "a") as log: print(*words, file=log)

    def noted(name, scope, *after):
        @pytest.fixture(scope=scope, name=name)
        def one(live_gui, request):
            for other in after: request.getfixturevalue(other)
            note(name, "up", live_gui.generation)
            yield live_gui
            note(name, "down", live_gui.generation)
        return one

    whole = noted("whole", "session")
    module = noted("module", "module", "whole")
    group = noted("group", "class", "module")

    @pytest.fixture(scope="module")
    def apart():
        note("apart up")
        yield
        note("apart down")
"""
USERS = """
    class TestGroup:
        def test_one(self, group, live_gui, apart): assert group is live_gui
        def test_two(self, group, live_gui, apart): assert group is live_gui
    def test_three(module, live_gui, apart): assert module is live_gui
"""
ALL_UP = ["whole up 1", "module up 1", "group up 1"]
ALL_DOWN = ["group down 1", "module down 1", "whole down 1"]


def log_of(project):
    return (project.path / "log").read_text().splitlines()


def chain_of(project):
    return [line for line in log_of(project) if "apart" not in line]


def subject(test, generation=1):
    return {
        "type": "subject",
        "test": test,
        "generation": generation,
        "url": f"http://127.0.0.1:{4710 + generation}",
        "port": 4710 + generation,
        "pid": 10 + generation,
    }


def begun(project, worker, conftest=CHAIN, users=USERS):
    """A worker whose first test has run on generation 1, with the chain still alive."""
    project.write(conftest=conftest, test_a=users)
    driver = worker()
    tests = driver.collect()
    driver.run(tests[:1], next=tests[1], answer=subject)
    assert "holds" not in driver.last("preflight")
    return driver, tests


def answered(driver, test, generation):
    """Gives the test that waits in its pre-flight a subject; answers all that was said then."""
    start = len(driver.messages)
    driver.send_raw(json.dumps(subject(test, generation)).encode() + b"\n")
    driver.until("run_done")
    return driver.messages[start:]


def test_the_chain_is_let_go_before_proctor_replaces_the_generation(project, worker):
    driver, (_, two, three) = begun(project, worker)
    assert chain_of(project) == ALL_UP
    driver.send("run", tests=[two], next=three)
    assert driver.until("preflight")["holds"] is True
    driver.send("let_go", test=three)  # somebody else's
    driver.send("let_go", test=two)
    assert driver.until("let_go_done") == {"type": "let_go_done", "test": two}
    assert chain_of(project) == ALL_UP + ALL_DOWN
    messages = answered(driver, two, 2)
    assert outcome(messages, two) == "passed"
    made = [line.replace("1", "2") for line in ALL_UP]
    assert chain_of(project) == ALL_UP + ALL_DOWN + made + ["group down 2"]
    assert log_of(project).count("apart up") == 1 and "apart down" not in log_of(project)


def test_the_same_generation_keeps_the_chain(project, worker):
    driver, (_, two, three) = begun(project, worker)
    assert outcome(driver.run([two, three], answer=subject), three) == "passed"
    assert chain_of(project) == ALL_UP + ALL_DOWN


def test_where_the_old_generation_died_the_chain_is_torn_down_before_the_test(project, worker):
    driver, (_, two, three) = begun(project, worker)
    messages = driver.run([two], next=three, answer=lambda test: subject(test, 2))
    assert outcome(messages, two) == "passed"
    assert chain_of(project)[3:7] == [*ALL_DOWN, "whole up 2"]


SOUR = CHAIN + """
    @pytest.fixture(scope="module")
    def sour(module):
        yield
        raise RuntimeError("sour milk")
"""
SOUR_USERS = "def test_one(sour): pass\ndef test_two(sour): pass\n"


@pytest.mark.parametrize("asked", [True, False])
def test_what_fails_in_the_chain_is_laid_to_the_fixture_and_hinders_no_other(
    project, worker, asked
):
    driver, (_, two) = begun(project, worker, SOUR, SOUR_USERS)
    driver.send("run", tests=[two])
    driver.until("preflight")
    if asked:
        driver.send("let_go", test=two)
        driver.until("let_go_done")
    answered(driver, two, 2)
    failures = driver.all("teardown_failed")
    assert failures[0]["owner"] == "sour"
    assert failures[0]["message"] == "RuntimeError: sour milk"
    assert "in sour" in failures[0]["details"]
    kinds = [m["type"] for m in driver.messages if m["type"] != "phase"]
    second = [n for n, kind in enumerate(kinds) if kind == "test_started"][1]
    assert kinds.index("teardown_failed") < second
    assert chain_of(project)[2:4] == ["module down 1", "whole down 1"]
    assert outcome(driver.messages, two) == "error"  # its own teardown, at the end of the run


def test_a_fixture_that_failed_on_the_old_generation_is_made_anew(project, worker):
    conftest = """
        import pytest
        @pytest.fixture(scope="module")
        def shaky(live_gui):
            assert live_gui.generation == 2
    """
    users = "def test_1(shaky): pass\ndef test_2(shaky): pass"
    driver, (one, two) = begun(project, worker, conftest, users)
    assert outcome(driver.messages, one) == "error"
    again = driver.run([one], next=two, answer=lambda test: subject(test, 2))
    assert outcome(again, one) == "passed"


def test_a_fixture_that_asks_for_it_in_its_body_hangs_on_it_too(project, worker):
    conftest = """
        import pytest
        @pytest.fixture(scope="module")
        def asking(request): return request.getfixturevalue("live_gui")
        @pytest.fixture(scope="module")
        def further(asking): return asking
    """
    users = "def test_1(live_gui, further): assert live_gui is further\n"
    users += "def test_2(live_gui, further): assert live_gui is further\n"
    driver, (one, two) = begun(project, worker, conftest, users)
    driver.run([two], answer=lambda test: subject(test, 2))
    assert driver.last("preflight")["holds"] is True
    assert [outcome(driver.messages, test) for test in (one, two)] == ["passed", "passed"]


def test_an_autouse_module_fixture_makes_every_test_use_the_program(project, worker):
    project.write(
        test_a="""
            import pytest
            @pytest.fixture(scope="module", autouse=True)
            def opened(live_gui):
                open("log", "a").write(f"{live_gui.generation}\\n")
            def test_one(): pass
            class TestGroup:
                def test_two(self): pass
        """
    )
    driver = worker()
    tests = driver.collect()
    assert [test["subject"] for test in driver.all("file")[0]["tests"]] == [True, True]
    messages = driver.run(tests, answer=subject)
    assert [m["test"] for m in messages if m["type"] == "preflight"] == tests
    assert {outcome(messages, test) for test in tests} == {"passed"} and log_of(project) == ["1"]


def test_a_test_that_was_not_asked_for_gets_no_program_that_others_left(project, worker):
    users = "def test_1(module): pass\ndef test_2(request): request.getfixturevalue('live_gui')\n"
    users += "def test_3(request): request.getfixturevalue('module')\ndef test_4(module): pass\n"
    driver, (_, two, three, four) = begun(project, worker, CHAIN, users)
    messages = driver.run([two, three, four], answer=subject)
    for test in (two, three):
        (bad,) = [m for m in messages if m.get("test") == test and "message" in m]
        assert "usefixtures('live_gui')" in bad["details"]
    assert outcome(messages, four) == "passed"
    assert chain_of(project) == ["whole up 1", "module up 1", "module down 1", "whole down 1"]


@pytest.mark.parametrize("scope", ["function", "module", "session"])
def test_a_live_gui_of_ones_own_may_wrap_it(project, worker, scope):
    conftest = f"""
        import pytest
        @pytest.fixture(scope="{scope}")
        def live_gui(live_gui):
            yield ("mine", live_gui.generation)
    """
    users = "def test_1(live_gui): assert live_gui == ('mine', 1)\n"
    users += "def test_2(live_gui): assert live_gui == ('mine', 2)\n"
    driver, (one, two) = begun(project, worker, conftest, users)
    assert outcome(driver.messages, one) == "passed"
    messages = driver.run([two], answer=lambda test: subject(test, 2))
    assert outcome(messages, two) == "passed"
    assert ("holds" in driver.last("preflight")) == (scope != "function")


def test_a_live_gui_in_place_of_it_works_too(project, worker):
    conftest = """
        import pytest
        @pytest.fixture(scope="module")
        def live_gui(): return "mine"
    """
    users = "def test_1(live_gui): assert live_gui == 'mine'\ndef test_2(live_gui): pass\n"
    driver, (one, two) = begun(project, worker, conftest, users)
    messages = driver.run([two], answer=lambda test: subject(test, 2))
    assert outcome(messages, two) == "passed" and outcome(driver.messages, one) == "passed"


# Under plain pytest the program is a real one: fixtures ask it while they are torn down.

ASKING = """
    import pytest

    def note(*words):
        with open("log", "a") as log: print(*words, file=log)

    @pytest.fixture(scope="session")
    def whole(live_gui):
        note("up", live_gui.generation)
        yield live_gui
        note("down", live_gui.generation, live_gui.health().state)
"""


@pytest.mark.parametrize(
    "when, expected", [("unhealthy", 1), ("file", 2), ("class", 3), ("test", 4)]
)
def test_plain_pytest_tears_the_chain_down_while_the_old_program_lives(live, when, expected):
    live.configure(when=when)
    live.write(
        conftest=ASKING,
        test_a="""
            class TestX:
                def test_1(self, whole): pass
                def test_2(self, whole): pass
            def test_3(whole, live_gui): assert whole is live_gui
        """,
        test_b="def test_4(whole): pass",
    )
    run = live.run()
    assert set(run.outcomes.values()) == {"passed"}, run.text
    ups = [f"up {n}" for n in range(1, expected + 1)]
    downs = [f"down {n} healthy" for n in range(1, expected + 1)]
    assert log_of(live) == [line for pair in zip(ups, downs) for line in pair]


def test_plain_pytest_makes_the_chain_anew_after_a_crash_and_says_what_failed(live):
    live.write(
        conftest=ASKING,
        test_a="""
            def test_1(whole, live_gui): live_gui.request("POST", "/break/assert")
            def test_2(whole): assert whole.generation == 2
            def test_3(whole, live_gui):
                try: live_gui.request("POST", "/break/die")
                except Exception: pass
            def test_4(whole): assert whole.generation == 3
        """,
    )
    run = live.run()
    assert log_of(live) == ["up 1", "down 1 degraded", "up 2", "up 3", "down 3 healthy"]
    assert run.code == 1 and "3 passed" not in run.text and "4 passed, 1 error" in run.text
    assert "the fixture 'whole', torn down because the program was to be replaced:" in run.text
    assert "proctor.SubjectDied: the health check" in run.text
    assert list(run.outcomes.values()) == ["passed", "passed", "error", "passed"]


def test_plain_pytest_gives_the_chain_of_each_program_its_own(live):
    live.write(conftest=ASKING)
    for folder in ("one", "two"):
        live.file(f"{folder}/proctor.toml", (live.path / "proctor.toml").read_text())
        live.file(
            f"{folder}/test_{folder}.py",
            f"def test_{folder}(whole, live_gui): assert whole is live_gui and whole.url",
        )
    assert live.run().outcomes == {"test_one": "passed", "test_two": "passed"}
    assert log_of(live) == ["up 1", "down 1 healthy"] * 2
