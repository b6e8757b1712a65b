"""Pygments' lexers, taught what compilers of tensors write. Every lexer is given one line at a time."""
