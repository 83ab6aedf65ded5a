"""Kabupaten Kutai Kartanegara's procedures."""
