"""`python -m skydas`."""

from skydas.cli import main

if __name__ == "__main__":
    main()
