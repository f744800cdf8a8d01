"""A gateway on which a capsule is played again."""
