"""What pages and REST share: the application, one request's scope in its tenant, and how errors are told."""
