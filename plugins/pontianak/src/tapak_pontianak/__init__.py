"""Kota Pontianak."""
