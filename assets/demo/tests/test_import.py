"""Importing projects. One test crashes the program; those after it get a fresh one."""


def test_a_project_is_selected(demo):
    assert demo.do("project", name="Basalt").json()["project"] == "Basalt"


def test_a_corrupt_file_is_imported(demo):
    """Crashes the program in mid-test: SIGSEGV while it draws what it has read."""
    demo.break_it("segv")
    demo.gui.wait_until(lambda: demo.state()["project"] == "Imported", message="the import")


def test_an_unknown_project_is_refused(demo):
    assert demo.do("project", name="Nowhere").status == 404


def test_the_crash_has_left_nothing_behind(demo):
    state = demo.state()
    assert (state["project"], state["counter"], state["saved"]) == ("Aurora", 0, [])
