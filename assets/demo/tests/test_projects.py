"""The list of projects. It needs a living pool, and would not get it without a respawn."""

import pytest


@pytest.mark.parametrize("name", ["Aurora", "Basalt", "Cinder"])
def test_every_project_can_be_selected(demo, name):
    assert demo.do("project", name=name).json()["project"] == name


def test_the_pool_is_alive_again(demo):
    assert demo.do("job").status == 200
