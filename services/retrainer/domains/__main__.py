"""`python -m services.retrainer.domains`, see `command`."""

from services.retrainer.domains.command import main

if __name__ == "__main__":
    main()
