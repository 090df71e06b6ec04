"""The dialog that asks before a project is deleted. Its last test breaks the GUI and passes."""


def test_the_dialog_opens_and_closes(demo):
    assert demo.do("modal", open=True).json()["modal_open"] is True
    assert demo.do("modal", open=False).json()["modal_open"] is False


def test_confirming_needs_an_open_dialog(demo):
    assert demo.do("confirm").status == 409


def test_confirming_deletes_the_current_project(demo):
    before = demo.state()["projects"]
    demo.do("modal", open=True)
    after = demo.do("confirm").json()
    assert after["projects"] == before[1:]
    assert after["modal_open"] is False


def test_a_crowded_dialog_still_closes(demo):
    """Passes, and leaves an ImGui assert behind: whoever comes next finds a degraded GUI."""
    demo.do("modal", open=True)
    demo.break_it("imgui_assert")
    assert demo.do("modal", open=False).json()["modal_open"] is False
