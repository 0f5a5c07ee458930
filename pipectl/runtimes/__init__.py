"""How services run: one small protocol (`base`), first kept by local processes (`local`)."""
