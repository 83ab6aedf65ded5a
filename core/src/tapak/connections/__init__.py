"""Connections to servers as their tenant's admin keeps them, whichever way in."""
