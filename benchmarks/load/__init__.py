"""Load: requests that are written out before the clock starts, and a program that sends them. Judges nothing."""
