"""What keeps a store whole: looking before opening, quarantine, backups, migrations."""
