"""`python -m envsync` is the `envsync` command."""

from envsync.cli import command

if __name__ == "__main__":
    command()
