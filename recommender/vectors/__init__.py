"""Words to TF-IDF rows of unit length, and what two rows share."""
