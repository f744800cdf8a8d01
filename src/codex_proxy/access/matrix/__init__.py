"""Who may do what: one row for every route that there is."""
