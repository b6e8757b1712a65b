"""Facts in words, each once: what every face renders and none formats for itself."""
