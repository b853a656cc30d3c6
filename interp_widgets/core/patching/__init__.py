"""Causal experiments: replace what a place holds in one run by what it held in another."""
