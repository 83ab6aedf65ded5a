"""A small plugin that uses every door that a plugin has, on ``tapak.sdk`` alone."""
