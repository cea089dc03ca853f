"""`python -m services.retrainer.gold`, see `command`."""

from services.retrainer.gold.command import main

if __name__ == "__main__":
    main()
