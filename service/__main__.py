"""`python -m service` is the `throughline` command."""

from service.cli import main

if __name__ == "__main__":
    main()
