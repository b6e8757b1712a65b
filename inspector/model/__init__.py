"""The plain, frozen data that every face shows."""
