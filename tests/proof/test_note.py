"""Signed notes and checkpoints against the examples that their specifications publish."""

import pytest

from service.proof.checkpoint import Checkpoint
from service.proof.merkle import leaf_hash
from service.proof.note import NotSigned, Signer, VerifierKey, open_note, sign

# The example of C2SP signed-note.
SPECIFIED_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPECIFIED_NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# The example of Go's package note, whose key is published too: its seed, base64 without the leading type.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = bytes.fromhex("810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173")
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT + "\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
A, B = Signer("throughline/a", bytes(32)), Signer("throughline/a", bytes([1]) * 32)


def test_the_specifications_own_example() -> None:
    key = VerifierKey.parse(SPECIFIED_KEY)
    assert open_note(SPECIFIED_NOTE, [key]) == ("This is an example message.\n", [key])
    assert key.text == SPECIFIED_KEY
    with pytest.raises(NotSigned, match="not that of its text"):
        open_note(SPECIFIED_NOTE.replace("example m", "Example m"), [key])


def test_signing_gives_the_published_bytes() -> None:
    signer = Signer("PeterNeumann", GO_SEED)
    assert signer.verifier.text == GO_KEY
    assert sign(GO_TEXT, [signer]) == GO_NOTE
    assert open_note(GO_NOTE, [VerifierKey.parse(GO_KEY)])[0] == GO_TEXT


def test_a_note_with_two_signatures_opens_with_either_key() -> None:
    note = sign("Moved\n", [A, B])
    assert open_note(note, [A.verifier])[1] == [A.verifier]
    assert open_note(note, [B.verifier])[1] == [B.verifier]
    assert open_note(note, [A.verifier, B.verifier])[1] == [A.verifier, B.verifier]
    with pytest.raises(NotSigned, match="none of the keys"):
        open_note(note, [Signer("throughline/b", bytes(32)).verifier])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text",
        "text\n",
        "text\n\n",
        "text\n\n— throughline/a AAAA",
        "text\n\n- throughline/a AAAA\n",
        "a\x00\n\n— a b\n",
    ],
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(NotSigned):
        open_note(note, [A.verifier])


@pytest.mark.parametrize("text", ["", "a+b", "a+00000000+AAAA", GO_KEY.replace("c74f", "c74e"), GO_KEY[:-4] + "10T="])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        VerifierKey.parse(text)


def test_a_checkpoint_reads_back() -> None:
    checkpoint = Checkpoint("throughline/x", 12, leaf_hash(b"a"), leaf_hash(b"b"))
    assert Checkpoint.parse(checkpoint.text) == checkpoint
    assert Checkpoint.parse(checkpoint.text + "more to come\n") == checkpoint
    assert checkpoint.text.splitlines()[:2] == ["throughline/x", "12"]
    for broken in (checkpoint.text[:-2], checkpoint.text.replace("12", "012"), "x\n1\n", checkpoint.text + "\n"):
        with pytest.raises(ValueError, match="checkpoint"):
            Checkpoint.parse(broken)
