"""Turn words into TF-IDF rows of unit length, and find the terms that two rows share."""
