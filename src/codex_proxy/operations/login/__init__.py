"""Logging in: by browser, by device code, from the Codex CLI's file, with a token of the owner's."""
