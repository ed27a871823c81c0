"""Orders on their way: tracking, and the paper venue."""
