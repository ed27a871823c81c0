"""What must be held against positions, and where that breaks."""
