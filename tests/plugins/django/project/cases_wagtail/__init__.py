"""What the plug-in for Wagtail holds to, run by Django's own runner."""
