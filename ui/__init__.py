"""What the trader sees: paints frames, sends commands, computes no figure."""
