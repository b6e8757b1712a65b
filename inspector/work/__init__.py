"""Jobs that several faces ask for, each once: opening a path, compiling a target, measuring, comparing."""
