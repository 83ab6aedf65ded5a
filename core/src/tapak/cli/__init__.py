"""The command line: acts of an operator, with ``--json`` where one answers with rows."""
