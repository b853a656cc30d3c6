"""Lenses: ways to read a residual stream as a prediction. One interface, one record."""
