"""Properties of pure rules: an example may take as long as a busy machine makes it."""

from hypothesis import settings

settings.register_profile("tapak", deadline=None)
settings.load_profile("tapak")
