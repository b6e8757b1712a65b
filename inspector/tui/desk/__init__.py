"""The desk: one capture on screen, live or opened, as a frozen state that intents and updates change."""
