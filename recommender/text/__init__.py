"""Text to words, and words to numbers: languages, stop words, stems, how often each term occurs."""
