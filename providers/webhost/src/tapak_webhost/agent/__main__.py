"""``python -m tapak_webhost.agent --config FILE``."""

from tapak_webhost.agent.main import main

main()
