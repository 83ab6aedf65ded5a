"""The only part of core that plugins and providers import: contracts and values, no I/O.

``hookspecs`` says what a plugin may contribute; ``procedure``, ``step_kinds`` and ``registers`` how a service
procedure is declared; ``resources``, ``databases``, ``backups`` and ``provider`` how a server is reached; ``settings``
and ``errors`` what both share.
"""
