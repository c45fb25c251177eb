"""`python -m npta …`."""

from npta.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
