"""The agent that runs on a web host: typed JSON, one request a line in, one answer a line out.

It needs nothing but Python's standard library, so that a host needs nothing of ours but this package. Every word of a
request is checked here again: what sends it is not trusted with more than the sites of this host.
"""
