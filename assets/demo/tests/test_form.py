"""The form panel. One of its tests fails honestly, and does no harm to the program."""

import pytest


def test_the_form_takes_what_is_typed(demo):
    form = {"name": "Grace", "email": "grace@example.org", "amount": "7"}
    assert demo.do("form", **form).json()["form"] == form


@pytest.mark.parametrize("field, text", [("name", ""), ("email", "nobody"), ("amount", "-3")])
def test_the_form_says_what_is_wrong(demo, field, text):
    good = {"name": "Grace", "email": "grace@example.org", "amount": "7"}
    demo.do("form", **{**good, field: text})
    refused = demo.do("save")
    assert refused.status == 422
    assert list(refused.json()["problems"]) == [field]


def test_amounts_have_two_decimals(demo):
    """Fails: the demo shows amounts as they were typed. An honest failure to look at."""
    shown = demo.do("form", name="Grace", email="grace@example.org", amount="7").json()
    assert shown["form"]["amount"] == "7.00"
