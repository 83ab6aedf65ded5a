"""The ``tapak`` command."""

from tapak.cli.main import tapak


def main() -> None:
    """Run the command line."""
    tapak(prog_name="tapak")


if __name__ == "__main__":
    main()
