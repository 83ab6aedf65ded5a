"""Web hosts behind Tapak's site contract: a provider (``plugin``) and the agent that runs on the host (``agent``)."""

VERSION = "0.1.0"
