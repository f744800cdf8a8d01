"""The fidelity matrix: what becomes of every feature of every client dialect, found by trying it."""
