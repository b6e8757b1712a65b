"""What a server compiled in pieces, as a view of its log: parts down, ranges of token counts across."""
