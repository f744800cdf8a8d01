"""The accounts of the owner: looked at, changed and checked, behind the admin API and the command line."""
