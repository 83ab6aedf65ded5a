"""Settings of procedures as their tenant's admin keeps them, whichever way in."""
