"""Recipes: what each service of a stack is, the same for every runtime; one file per engine."""
