"""`python -m codex_proxy` is the `codex-proxy` command."""

from codex_proxy.cli.app import main

main()
