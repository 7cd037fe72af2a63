"""The walk: where one is in a story, and what each key does. Draws nothing and reads no terminal."""

from datetime import UTC, datetime, time

from service.replaying.keys import LINE_CHARS_MAX
from service.replaying.story import Story

HELP = "→ n next   ← p back   g go to a version or date   / search   . next match   ↑ ↓ scroll   q quit"
ASKED = {"g": "go to version or date (12, 2026-03-31): ", "/": "search: "}


class Walk:
    """One reader's place in a story. `line` is what is being typed, None when nothing is; `notice` was said last."""

    def __init__(self, story: Story, place: int = 0) -> None:
        self.story = story
        self.place = place
        self.offset = 0
        self.notice = ""
        self.asked: str | None = None
        self.line = ""
        self.over = False
        self._sought = ""

    @property
    def bottom(self) -> str:
        """The line at the bottom of the screen."""
        return self.notice or HELP if self.asked is None else ASKED[self.asked] + self.line

    def press(self, key: str) -> None:
        """Do what a key stands for; one that stands for nothing does nothing."""
        self.notice = ""
        if key == "quit":
            self.over = True
        elif self.asked is not None:
            self._type(key)
        elif key in ASKED:
            self.asked, self.line = key, ""
        else:
            self._step(key)

    def _step(self, key: str) -> None:
        last = len(self.story.steps) - 1
        match key:
            case "q":
                self.over = True
            case "right" | "n" | " " | "enter":
                self._to(self.place + 1) if self.place < last else self._say("This is the last step.")
            case "left" | "p" | "backspace":
                self._to(self.place - 1) if self.place else self._say("This is the first step.")
            case "home":
                self._to(0)
            case "end":
                self._to(last)
            case "." if self._sought:
                self._search()
            case "down" | "j":
                self.offset += 1
            case "up" | "k":
                self.offset = max(0, self.offset - 1)

    def _type(self, key: str) -> None:
        asked = self.asked
        if key == "enter":
            self.asked = None
            if asked == "/":
                self._sought = self.line or self._sought
                self._search()
            else:
                self._go(self.line.strip())
        elif key == "escape":
            self.asked = None
        elif key == "backspace":
            self.line = self.line[:-1]
        elif len(key) == 1 and key.isprintable() and len(self.line) < LINE_CHARS_MAX:
            self.line += key

    def _go(self, text: str) -> None:
        """To a version, or to how things stood at the end of a day or at a moment."""
        if text.isdecimal():
            place = self.story.at_version(int(text))
            self._say(f"There is no version {text} here.") if place is None else self._to(place)
            return
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self._say(f"{text or 'Nothing'} is no version and no date: type 12, 2026-03-31 or 2026-03-31T14:00.")
            return
        if len(text) <= len("2026-03-31"):
            moment = datetime.combine(moment, time.max)
        self._to(self.story.at_moment(moment if moment.tzinfo else moment.replace(tzinfo=UTC)))

    def _search(self) -> None:
        place = self.story.saying(self._sought, self.place) if self._sought else None
        self._say(f"No step says “{self._sought}”.") if place is None else self._to(place)

    def _to(self, place: int) -> None:
        self.place, self.offset = place, 0

    def _say(self, notice: str) -> None:
        self.notice = notice
