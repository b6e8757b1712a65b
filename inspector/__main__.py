"""`python -m inspector`."""

from inspector.cli.main import command

if __name__ == "__main__":
    command()
