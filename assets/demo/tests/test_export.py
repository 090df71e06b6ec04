"""Saving records. This file used to time out, 120 s a test, on the GUI that the dialogs had
broken; now it starts on a fresh generation."""

import json

RECORD = {"name": "Ada", "email": "ada@example.org", "amount": "12.5"}


def test_the_program_is_as_good_as_new(demo):
    assert demo.gui.health().healthy
    assert demo.state()["projects"] == ["Aurora", "Basalt", "Cinder"]


def test_a_record_is_saved(demo):
    demo.do("form", **RECORD)
    assert demo.do("save").json()["saved"][-1] == RECORD


def test_the_record_is_on_disk(demo):
    demo.do("form", **RECORD)
    demo.do("save")
    lines = (demo.gui.workspace / "records.jsonl").read_text().splitlines()
    assert json.loads(lines[-1]) == {**RECORD, "amount": 12.5}
