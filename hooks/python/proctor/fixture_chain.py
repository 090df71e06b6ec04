"""The fixtures that hang on `live_gui` or `live_kernel`, directly or through others: they live no
longer than the generation of the program that they were made with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Generator, List, Optional, Set, Tuple

import pytest

from .reports import SUBJECT_FIXTURES
from .setup_stack import TeardownFailure, failure_of

if TYPE_CHECKING:
    from .subject_info import SubjectInfo

CHAIN_PLUGIN = "proctor-fixture-chain"  # under this name it is registered
HOME = "proctor.plugin"  # the module of these two fixtures; a conftest.py may override them


class FixtureChain:
    """Notes each fixture of the chain when pytest makes it, and tears all of them down on demand.

    Passive: pytest's hooks and those who replace generations drive it, on the main thread.
    Those of function scope are not noted: between two tests there are none.
    """

    def __init__(self) -> None:
        self._made: Dict[Any, Any] = {}  # FixtureDef: its request; in the order of their making
        self._asked: Set[Any] = set()  # being made, and got one of the chain by getfixturevalue()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Generator[None, Any, None]:
        """Notes the fixture, also where it failed: pytest remembers a failure as it does a value,
        and on another generation it is to be made anew."""
        if request.scope == "function":
            yield
            return
        self._made.pop(fixturedef, None)  # it may have ended with its node meanwhile
        if "request" in fixturedef.argnames:
            self._watch(fixturedef, request)
        yield
        if self._hangs(fixturedef, request):
            self._made[fixturedef] = request
        self._asked.discard(fixturedef)

    def holds(self) -> bool:
        """Whether anything but live_gui itself is alive."""
        return any(not is_live_program(one) for one in self._alive())

    def follow(self, info: SubjectInfo) -> List[TeardownFailure]:
        """The next test gets this program: lets go of all that belongs to another one."""
        program = self._program()
        return self.let_go() if program is not None and program != _identity(info) else []

    def let_go(self) -> List[TeardownFailure]:
        """Tears down live_gui and all that hangs on it, the newest first; an error is laid to
        the fixture's name and hinders no other."""
        failures: List[TeardownFailure] = []
        for fixturedef in reversed(self._alive()):
            try:
                fixturedef.finish(self._made[fixturedef])
            except BaseException as error:  # pytest.fail() and pytest.exit() are no Exceptions
                failures.append(failure_of(str(fixturedef.argname), error))
        self._made.clear()
        return failures

    def _alive(self) -> List[Any]:
        return [one for one in self._made if one.cached_result is not None]

    def _program(self) -> "Optional[Tuple[int, int, str]]":
        """What the chain was made with; None where no live_gui is alive."""
        for one in self._alive():
            if is_live_program(one) and one.cached_result[2] is None:
                gui = one.cached_result[0]
                return gui.generation, gui.pid, gui.url
        return None

    def _hangs(self, fixturedef: Any, request: Any) -> bool:
        if is_live_program(fixturedef) or fixturedef in self._asked:
            return True
        names = [name for name in fixturedef.argnames if name != "request"]
        return any(request._get_active_fixturedef(name) in self._made for name in names)

    def _watch(self, fixturedef: Any, request: Any) -> None:
        """pytest keeps no record of what a fixture asks for by request.getfixturevalue()."""
        original = request.getfixturevalue

        def getfixturevalue(argname: str) -> Any:
            value = original(argname)
            if argname != "request" and request._get_active_fixturedef(argname) in self._made:
                self._asked.add(fixturedef)
            return value

        request.getfixturevalue = getfixturevalue


def chain_of(config: Any) -> FixtureChain:
    """The session's chain, made now where there is none."""
    chain: Optional[FixtureChain] = config.pluginmanager.get_plugin(CHAIN_PLUGIN)
    if chain is None:
        chain = FixtureChain()
        config.pluginmanager.register(chain, CHAIN_PLUGIN)
    return chain


def is_live_program(fixturedef: Any) -> bool:
    """Whether it is Proctor's own live_gui or live_kernel, and not one that a conftest.py put in
    its place."""
    home = getattr(fixturedef.func, "__module__", "")
    return fixturedef.argname in SUBJECT_FIXTURES and home == HOME


def _identity(info: SubjectInfo) -> Tuple[int, int, str]:
    return info.generation, info.pid, info.url
