"""The classes of a record: each has exactly one, and the ledger counts them."""

SELECTED = "selected"
NOT_SELECTED = "not_selected"
REJECTED = "rejected"
DUPLICATE = "duplicate"
"""Given by duplicates.py to rows that were SELECTED; the others by the reading of the record."""
