"""A seeded market that serves venue dialects over real websockets."""
