"""Runs a game's event pipeline for real, proves that it lost nothing, and explains it."""

__version__ = "0.1.0"
