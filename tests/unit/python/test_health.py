"""Reading health answers."""

from __future__ import annotations

import json

import pytest

from proctor.health import Pointers, describe_record, find, read_health


def test_an_answer_with_hooks_is_read_whole():
    record = {"message": "Missing End()"}
    body = {
        "healthy": False,
        "state": "degraded",
        "degraded_reason": "ImGui assert",
        "last_assert": record,
        "first_error": None,
        "frame": 812,
        "frame_age_ms": 4.1,
        "pid": 42,
        "generation": 2,
    }
    health = read_health(200, json.dumps(body))
    assert (health.healthy, health.state, health.reason) == (False, "degraded", "ImGui assert")
    assert (health.last_assert, health.first_error) == (record, None)
    assert (health.frame, health.frame_age_ms, health.pid, health.generation) == (812, 4.1, 42, 2)
    assert health.details == "Missing End()" and health.raw == body


@pytest.mark.parametrize("text", ["", "OK", "[1, 2]", "{}", '{"healthy": null}'])
def test_a_2xx_answer_without_the_member_counts_as_healthy(text):
    health = read_health(204, text)
    assert health.healthy and health.frame is None and health.state == "unknown"


@pytest.mark.parametrize("status", [301, 404, 500, 503])
def test_any_other_status_does_not(status):
    health = read_health(status, '{"healthy": true}')
    assert not health.healthy and health.reason == f"it answers HTTP {status}"


def test_pointers_lead_through_objects_and_lists():
    text = '{"checks": [{"ok": false, "a/b": {"~": "disk full"}}], "n": 7}'
    pointers = Pointers(healthy="/checks/0/ok", reason="/checks/0/a~1b/~0", frame="/n")
    health = read_health(200, text, pointers)
    assert (health.healthy, health.reason, health.frame) == (False, "disk full", 7)


@pytest.mark.parametrize("pointer", ["/x", "/a/5", "/a/b/c", "/a/-"])
def test_a_pointer_to_nothing_finds_nothing(pointer):
    assert find({"a": [1, 2]}, pointer) is None


def test_the_empty_pointer_is_the_whole():
    assert find({"a": 1}, "") == {"a": 1}


def test_a_record_is_told_with_its_backtrace_last():
    record = {
        "kind": "assert",
        "message": "Missing End()",
        "expression": "Size == 1",
        "file": "imgui.cpp",
        "line": 812,
        "window": "Projects",
        "frame": 9,
        "backtrace": ["Draw + 1", "main + 2"],
    }
    assert describe_record(record).splitlines() == [
        "assert: Missing End()",
        "  expression: Size == 1",
        "  at imgui.cpp:812",
        "  in window 'Projects'",
        "  in frame 9",
        "  backtrace:",
        "    Draw + 1",
        "    main + 2",
    ]


def test_a_text_stays_and_nothing_is_nothing():
    assert describe_record("as it is") == "as it is"
    assert describe_record(None) == describe_record({}) == ""
