"""`throughline replay`: the same walk from a service and from a bundle, printed, and with keys on a real terminal."""

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast
from uuid import uuid4

import httpx
import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from domain.history import effective
from projections.audit import Audit
from projections.patch import patch
from projections.replay import replay
from projections.sentences import Teller
from projections.timeline import Timeline
from service.cli import EXIT_REFUSED, cli
from service.faults import StartRefusal
from service.http.told_story import told
from service.ledger.wire import event_json
from service.proof.note import Signer
from service.replaying import showing
from service.replaying.story import Held, Story, woven
from service.replaying.walking import Walk
from service.replaying.words import said
from tests.conftest import Server, _database, open_folder
from tests.http.conftest import fact, noted
from tests.proof.conftest import ORIGIN
from tests.running import ROOT, Running, command, environment_of, started

PTY_DEADLINE_S = 30.0
ROWS, COLUMNS = 40, 100


@dataclass
class Scene:
    """A service with one deal: opened, a person, a note that is set right and one that is voided, and a private one."""

    service: Running
    deal: str
    bundle: Path

    def replayed(self, *arguments: str) -> "Shown":
        """The command in this process, which spares the start of another."""
        environment = {"THROUGHLINE_DATA": str(self.service.data)}
        ended = CliRunner().invoke(cli, ["replay", *arguments], env=environment)
        if isinstance(ended.exception, StartRefusal):  # as `main` tells it
            return Shown(EXIT_REFUSED, ended.stdout, "\n".join(ended.exception.sentences))
        return Shown(ended.exit_code, ended.stdout, ended.stderr)


class Shown(NamedTuple):
    """What the command printed, and how it ended."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def scene(server: Server, template: str) -> Iterator[Scene]:
    folder = open_folder("throughline-replay-")
    databases = _database(server, template)
    database = next(databases)
    with started(folder / "data", {"DATABASE_URL": database.app, "DATABASE_MIGRATE_URL": database.owner}) as service:
        with httpx.Client(base_url=service.url, headers=service.headers, trust_env=False, timeout=20) as http:
            deal = a_story(http)
            bundle = folder / "bundle.jsonl"
            bundle.write_bytes(http.get(f"/v1/deals/{deal}/export").content)
        yield Scene(service, deal, bundle)
    next(databases, None)
    shutil.rmtree(folder, ignore_errors=True)


def a_story(http: httpx.Client) -> str:
    ada, wrong, gone = str(uuid4()), str(uuid4()), str(uuid4())
    me = http.get("/v1/me").json()["party_id"]
    facts: list[dict[str, Any]] = [
        {**fact("deal.opened", title="Depot deal"), "occurred_at": "2026-03-02T09:00:00Z"},
        {**fact("participant.joined", party_id=ada, side="buyer", name="Ada"), "occurred_at": "2026-03-02T09:05:00Z"},
        {**noted("It rains in"), "event_id": wrong, "occurred_at": "2026-03-03T09:00:00Z"},
        {**noted("Of another deal"), "event_id": gone, "occurred_at": "2026-03-04T09:00:00Z"},
        {
            **fact("commitment.made", debtor=me, creditor=ada, statement="Mend the roof", next_step=True),
            "occurred_at": "2026-03-05T09:00:00Z",
        },
        fact("event.corrected", target_event_id=wrong, data={"text": "It rained in"}, reason="Typed badly"),
        fact("event.voided", target_event_id=gone, reason="Another deal's"),
    ]
    answer = http.post("/v1/deals", json={"facts": facts})
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"].rpartition("/")[2])


def without_source(shown: str) -> str:
    """The steps alone: where they are from is told in the lines above."""
    return shown[shown.index("step 1 of") :]


def test_every_step_is_printed_where_no_terminal_is(scene: Scene) -> None:
    shown = command(scene.service.data, "replay", scene.deal, "--url", scene.service.url)
    assert shown.returncode == 0, shown.stderr
    text = " ".join(shown.stdout.split())
    assert [int(one) for one in re.findall(r"step (\d+) of 7", text)] == list(range(1, 8))
    for told_of in (
        "+ title: Depot deal",
        "+ participants: Ada",
        "attested by self; seen by team",
        "happened 2026-03-02 09:00",
        "days late",
        "~ promises open: 0 → 1",
        "+ next step: Mend the roof",
        "corrects version 3 (note.recorded): text: It rains in → It rained in, because: Typed badly",
        "takes out version 4 (note.recorded), because: Another deal's",
        "corrected by version 6",
        "voided by version 7",
        "no state: it holds no longer",
    ):
        assert told_of in text, told_of
    assert "\x1b" not in shown.stdout


def test_a_bundle_says_the_same_without_any_service(scene: Scene, tmp_path: Path) -> None:
    asked = scene.replayed(scene.deal, "--url", scene.service.url)
    read = command(tmp_path / "none", "replay", "--bundle", str(scene.bundle), environment={"DATABASE_URL": "nowhere"})
    assert read.returncode == 0, read.stderr
    assert without_source(read.stdout) == without_source(asked.stdout)
    assert "verified bundle" in read.stdout
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("arguments", "steps"),
    [
        (["--as-of", "2026-03-04T12:00:00Z"], 4),
        (["--as-of", "2026-03-02T09:02:00Z"], 1),
        (["--step", "2"], 1),
        (["--known-at", "2100-01-01T00:00:00Z", "--step", "7"], 1),
    ],
)
def test_both_cut_the_same(scene: Scene, arguments: list[str], steps: int) -> None:
    shown = [
        scene.replayed(scene.deal, "--url", scene.service.url, *arguments).stdout,
        scene.replayed("--bundle", str(scene.bundle), *arguments).stdout,
    ]
    bodies = [one[one.index("\nstep ") :] for one in shown]
    assert bodies[0] == bodies[1]
    assert len(re.findall(r"^step \d+ of", bodies[0], re.MULTILINE)) == steps


def test_a_bundle_is_verified_before_anything_is_told(scene: Scene, tmp_path: Path) -> None:
    changed = tmp_path / "changed.jsonl"
    changed.write_text(scene.bundle.read_text().replace("Depot deal", "Other deal"))
    refused = scene.replayed("--bundle", str(changed))
    assert (refused.returncode, refused.stdout) == (12, "")
    assert "fact 1 of deal/" in refused.stderr
    other = Signer(ORIGIN, bytes(32)).verifier.text
    assert scene.replayed("--bundle", str(scene.bundle), "--signed-by", other).returncode == 11
    assert scene.replayed("--bundle", str(scene.bundle), "--url", scene.service.url).returncode == 2
    assert scene.replayed(scene.deal, "--bundle", str(scene.bundle)).returncode == 0
    assert "holds nothing of" in scene.replayed(str(uuid4()), "--bundle", str(scene.bundle)).stderr


@pytest.mark.parametrize(
    ("arguments", "said_so"),
    [
        ([], "Which deal or goal?"),
        (["123"], "123 is no id"),
        (["plan/0193a000-0000-7000-8000-00000000d0a1"], "is no deal and no goal"),
        (["0193a000-0000-7000-8000-00000000d0a1"], "has no deal or goal 0193a000-0000-7000-8000-00000000d0a1"),
        (["goal/0193a000-0000-7000-8000-00000000d0a1"], "has no goal 0193a000-0000-7000-8000-00000000d0a1"),
        (["{deal}", "--step", "8"], "There are 7 steps."),
        (["{deal}", "--as-of", "soon"], "soon is no time"),
        (["{deal}", "--as-of", "2020-01-01T00:00:00Z"], "at that time that this key may see"),
        (["{deal}", "--key", "tl_nothing"], "does not take this key"),
    ],
)
def test_what_cannot_be_walked_is_told_in_a_sentence(scene: Scene, arguments: list[str], said_so: str) -> None:
    asked = [one.format(deal=scene.deal) for one in arguments]
    refused = scene.replayed(*asked, "--url", scene.service.url)
    assert (refused.returncode, said_so in refused.stderr) == (2, True), refused.stderr
    assert "Traceback" not in refused.stderr


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, scene: Scene, *arguments: str) -> None:
        self.screen, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.mode = termios.tcgetattr(inside)
        environment = environment_of(scene.service.data, {"TERM": "xterm", "THROUGHLINE_KEY": scene.service.owner_key})
        self.inside = inside
        self.process = subprocess.Popen(
            [sys.executable, "-m", "service", "replay", *arguments],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env={name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES")},
            cwd=scene.service.data.parent,
            start_new_session=True,
        )
        self.shown = ""

    def until(self, text: str, keys: str = "") -> str:
        """What is shown after these keys, up to this text and a moment more."""
        if keys:
            self.shown = ""
            os.write(self.screen, keys.encode())
        end = time.monotonic() + PTY_DEADLINE_S
        while text not in self.shown:
            assert time.monotonic() < end, self.shown
            if select.select([self.screen], [], [], 0.2)[0]:
                self.shown += os.read(self.screen, 1 << 16).decode(errors="replace")
        return self.shown

    def ended(self, keys: str) -> int:
        os.write(self.screen, keys.encode())
        end = time.monotonic() + PTY_DEADLINE_S
        while self.process.poll() is None:
            assert time.monotonic() < end, self.shown
            if select.select([self.screen], [], [], 0.1)[0]:
                self.shown += os.read(self.screen, 1 << 16).decode(errors="replace")
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        os.close(self.inside)
        os.close(self.screen)


@pytest.fixture
def terminal(scene: Scene) -> Iterator[Terminal]:
    opened = Terminal(scene, scene.deal, "--url", scene.service.url)
    yield opened
    opened.close()


def test_keys_walk_through_it_on_a_terminal(terminal: Terminal) -> None:
    assert "\x1b[?1049h" in terminal.until("step 1 of 7")
    terminal.until("step 2 of 7", "n")
    terminal.until("step 3 of 7", "\x1b[C")
    terminal.until("step 2 of 7", "\x1b[D")
    terminal.until("step 1 of 7", "p")
    assert "This is the first step." in terminal.until("This is", "p")
    terminal.until("step 7 of 7", "\x1b[F")
    terminal.until("step 5 of 7", "g5\r")
    terminal.until("step 3 of 7", "g2026-03-03\r")
    terminal.until("step 2 of 7", "g2026-03-02\x7f2\r")
    assert "There is no version 99 here." in terminal.until("no version", "g99\r")
    terminal.until("step 5 of 7", "/mend the ROOF\r")
    assert "No step says “zeppelin”." in terminal.until("No step says", "/zeppelin\r")
    terminal.until("next match", "/zep\x1b")
    assert terminal.ended("q") == 0
    assert termios.tcgetattr(terminal.inside) == terminal.mode
    assert "\x1b[?1049l" in terminal.until("\x1b[?1049l")


def test_in_a_window_made_smaller_it_scrolls_and_ctrl_c_leaves_the_terminal_as_it_was(terminal: Terminal) -> None:
    terminal.until("q quit")
    terminal.shown = ""
    fcntl.ioctl(terminal.inside, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 60, 0, 0))
    assert "more lines: ↓" in terminal.until("more lines")
    assert "state after it" not in terminal.shown
    terminal.until("state after it", "j" * 30)
    assert terminal.ended("\x03") == 0
    assert termios.tcgetattr(terminal.inside) == terminal.mode
    assert "Traceback" not in terminal.shown


# -- without a terminal and without a service


def demo_story() -> Story:
    """The demo's deal, as a walk."""
    deal = told("deal")
    held = replay(deal.stream_id, effective(deal.records))
    steps, since = woven(
        [entry for _, entry in Timeline(deal.view(), deal.records).entries()],
        Audit(deal.records, deal.recorded, Teller(deal.recorded)).entries(),
        (Held(msgspec.json.decode(event_json(one.record)), one.state, one.change) for one in held),
    )
    return Story(stream_id=deal.stream_id, source="the demo", steps=steps, since=since)


def test_the_documentation_shows_a_step_as_it_looks() -> None:
    page = (ROOT / "docs" / "story.md").read_text("utf-8")
    shown = re.search(r"```text\n(step (\d+) of .*?)```", page, re.DOTALL)
    assert shown
    console = Console(width=COLUMNS, highlight=False)
    with console.capture() as capture:
        console.print(showing.step(demo_story(), int(shown[2]) - 1))
    assert shown[1] == "".join(line.rstrip() + "\n" for line in capture.get().splitlines())


def test_a_walk_stays_inside_the_story() -> None:
    story = demo_story()
    walk = Walk(story)
    for key, place in [("p", 0), ("end", 97), ("n", 97), ("left", 96), ("home", 0), (".", 0), ("é", 0), ("up", 0)]:
        walk.press(key)
        assert (walk.place, walk.over) == (place, False), key
    for text, place in [("2020-01-01", 0), ("2100-01-01T00:00", 97), ("tomorrow", 97), ("", 97), ("1", 0)]:
        for key in ("g", *text, "enter"):
            walk.press(key)
        assert walk.place == place, text
    for key in ("/", *"trust me", "escape", "q"):
        walk.press(key)
    assert walk.over


documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["", "open", "2026-03-02T09:00:00Z", str(uuid4())]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a/b", "name", "7", "~x"]), inner),
    max_leaves=12,
)


@given(documents, documents)
@example(None, {"a/b": None, "~x": 1})
def test_whatever_a_patch_does_is_told_in_words(before: Any, after: Any) -> None:
    change = patch(before, after)
    found = said(before, change, {})
    if before is None and isinstance(after, dict):
        assert len(found) <= len(after)
    else:
        assert len(found) == len(change)
    assert all(isinstance(part, str) for one in found for part in one)
    assert said(after, cast(Any, []), {}) == []
