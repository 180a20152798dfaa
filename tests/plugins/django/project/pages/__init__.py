"""The pages of the newspaper on Wagtail."""
