"""The counter panel. The first file: it gets the program as it was started."""


def test_the_counter_counts(demo):
    before = demo.state()["counter"]
    assert demo.do("counter", add=2).json()["counter"] == before + 2


def test_the_counter_counts_down(demo):
    before = demo.state()["counter"]
    assert demo.do("counter", add=-1).json()["counter"] == before - 1


def test_the_counter_refuses_what_is_no_number(demo):
    before = demo.state()["counter"]
    assert demo.do("counter", add="many").status == 400
    assert demo.state()["counter"] == before
