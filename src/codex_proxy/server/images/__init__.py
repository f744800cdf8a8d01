"""What pictures need of the server beside an ordinary endpoint: forms, links and the way to what links name."""
