"""Private servers on loopback: each in a directory of its own, found again by its pid file.

Nothing of the machine's own services is touched: own configuration, own ports, own files.
"""
