"""Side-by-side benchmark: the gateway, nginx relaying bytes, LiteLLM's proxy and the backend called directly.

Everything runs on this machine's loopback, in one run, in alternating rounds: the figures of a
noisy machine mean little, their ratios do. `python -m bench.run --help` shows the options,
`bench/README.md` says how to read what comes out.
"""
