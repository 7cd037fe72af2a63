"""The alternatives: each a small program as a careful person would write it. They know no other room."""
