"""What the plug-in for Django holds to, run by Django's own runner."""
