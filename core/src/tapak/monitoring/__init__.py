"""Looks for what nobody asked for: changes by hand and foreign names."""
