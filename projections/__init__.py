"""Answers computed from facts. Pure functions only; imports nothing but the domain."""
