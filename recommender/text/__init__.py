"""Split text into words and count terms: languages, stop words, stems, words as numbers."""
