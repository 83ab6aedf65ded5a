"""Zones as agencies bring them: taken in, given to units, compared with what is known, and carried away again."""
