"""What the user types: one thin file for each noun; each command parses, calls and shows."""
