"""Imports: other systems' exports become facts, row by row, through the ledger like everybody's. No HTTP in here."""
