"""The keys of a terminal, one at a time, and lines typed at its bottom. Knows nothing of what they are for."""

import os
import select
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager

# An escape by itself is told from the first byte of an arrow's three by what follows within this time.
ESCAPE_S = 0.05
# How soon a window that was made larger or smaller is drawn anew.
LOOK_S = 0.5
LINE_CHARS_MAX = 200

ARROWS = {
    b"\x1b[A": "up",
    b"\x1b[B": "down",
    b"\x1b[C": "right",
    b"\x1b[D": "left",
    b"\x1b[H": "home",
    b"\x1b[F": "end",
    b"\x1b[1~": "home",
    b"\x1b[4~": "end",
    b"\x1b[5~": "page up",
    b"\x1b[6~": "page down",
}
PLAIN = {b"\r": "enter", b"\n": "enter", b"\x7f": "backspace", b"\x08": "backspace", b"\x03": "quit", b"\x04": "quit"}


class Keys:
    """Reads keys from a terminal that was put into a mode for it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting = b""

    def next(self) -> str | None:
        """A key by name, or the character; None when none came for half a second, "quit" when none will any more."""
        if not self._waiting and not self._ready(LOOK_S):
            return None
        if not self._waiting:
            self._waiting = self._read()
        if not self._waiting:
            return "quit"
        if self._waiting.startswith(b"\x1b"):
            return self._escaped()
        length = _length(self._waiting[0])
        while len(self._waiting) < length and self._ready(ESCAPE_S):
            self._waiting += self._read()
        first, self._waiting = self._waiting[:length], self._waiting[length:]
        return PLAIN.get(first) or first.decode(errors="replace")

    def _escaped(self) -> str:
        while not self._known() and self._ready(ESCAPE_S) and (more := self._read()):
            self._waiting += more
        known = self._known()
        if known is not None:
            self._waiting = self._waiting[len(known) :]
            return ARROWS[known]
        self._waiting = b""  # some other key's sequence, or escape itself
        return "escape"

    def _known(self) -> bytes | None:
        said = self._waiting.replace(b"\x1bO", b"\x1b[", 1) if self._waiting.startswith(b"\x1bO") else self._waiting
        return next((one for one in ARROWS if said.startswith(one)), None)

    def _ready(self, patience_s: float) -> bool:
        return bool(select.select([self._descriptor], [], [], patience_s)[0])

    def _read(self) -> bytes:
        try:
            return os.read(self._descriptor, 1024)
        except OSError:  # the terminal has gone
            return b""


@contextmanager
def keys() -> Iterator[Keys]:
    """The keys of standard input, unechoed, until the block ends; the terminal is then as it was."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        quiet = termios.tcgetattr(descriptor)
        quiet[3] &= ~termios.ISIG  # Ctrl-C is a key like others: it ends the walk, not the program in the middle
        termios.tcsetattr(descriptor, termios.TCSADRAIN, quiet)
        yield Keys(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _length(first: int) -> int:
    """Bytes of a UTF-8 character, by its first."""
    return 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
