"""The rules of Throughline: facts, streams, admission. Pure; no I/O, no clock, no randomness may enter."""
