"""Certificates from an ACME authority, whose challenges are answered by the DNS provider that the tenant has."""
