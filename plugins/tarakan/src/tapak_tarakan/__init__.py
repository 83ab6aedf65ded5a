"""Kota Tarakan's procedures."""
