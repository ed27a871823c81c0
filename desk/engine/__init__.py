"""The single writer of desk state, and the frame the screen sees."""
