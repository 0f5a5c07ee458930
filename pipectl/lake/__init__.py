"""The lake: its tables, and what is asked of them."""
