"""The question before each test that uses the live program: which generation does it get?"""

from __future__ import annotations

from typing import Any, Callable, Optional

from .channel import Channel, Message, as_sent
from .fixture_chain import CHAIN_PLUGIN, FixtureChain
from .proctor_subjects import ProctorSubjects

ANSWERS = ("subject", "refuse", "drop")  # what Proctor may say in the end
LET_GO = "let_go"  # what it may say before that: it is about to replace the generation


class Preflight:
    """Asks Proctor, and keeps no fixture alive longer than its generation. Execution drives it."""

    def __init__(self, channel: Channel, subjects: ProctorSubjects) -> None:
        self._channel = channel
        self._subjects = subjects

    def ask(self, item: Any, take_aside: Callable[[Message], bool]) -> Optional[Message]:
        """Proctor's answer, however long a fresh subject takes; None: stop instead.

        Errors: Disconnected.
        """
        chain = _chain(item)
        question: Message = {"type": "preflight", "test": item.nodeid}
        if chain is not None and chain.holds():
            question["holds"] = True
        self._channel.send(question)
        test = as_sent(item.nodeid)
        while True:
            message = self._channel.receive()
            if message["type"] in ANSWERS or message["type"] == LET_GO:
                if message.get("test") != test:
                    continue  # late, to a pre-flight that was stopped
                if message["type"] != LET_GO:
                    return message
                self._let_go(item)
            elif take_aside(message):
                return None

    def take(self, item: Any, answer: Optional[Message]) -> None:
        """The test is to run with this answer. Where another generation came while fixtures still
        hung on the one before, which must have died, they are torn down now."""
        self._subjects.take(answer)
        chain = _chain(item)
        if chain is None or answer is None or answer["type"] != "subject":
            return
        for failure in chain.follow(self._subjects.info(item)):
            self._channel.queue({"type": "teardown_failed", **failure._asdict()})

    def _let_go(self, item: Any) -> None:
        chain = _chain(item)
        for failure in chain.let_go() if chain is not None else []:
            self._channel.queue({"type": "teardown_failed", **failure._asdict()})
        self._channel.send({"type": "let_go_done", "test": item.nodeid})


def _chain(item: Any) -> Optional[FixtureChain]:
    """The session's chain; None as long as no test has used the program."""
    chain: Optional[FixtureChain] = item.config.pluginmanager.get_plugin(CHAIN_PLUGIN)
    return chain
