"""Compiled part of `lexicon`: split texts into words and number them.

A text goes through two loops, piece by piece. `_fold` writes it in lower case as UTF-8, with the
kind of every character; `_cut` finds the words in it and looks up each in a hash table. The
normalized form and the kind of every character come from pages of 256 entries, which
`lexicon.character_page` makes from the definitions in `terms`. The few pieces with characters
whose form depends on their neighbors are prepared in Python. Nothing here checks the arrays:
`lexicon` passes C-contiguous arrays of the sizes stated below.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcmp, memcpy, memset

import numpy as np

cdef extern from *:
    """
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    #define LITTLE_ENDIAN_BYTES 0
    #else
    #define LITTLE_ENDIAN_BYTES 1
    #endif
    """
    enum: LITTLE_ENDIAN "LITTLE_ENDIAN_BYTES"

cdef extern from "Python.h":
    int PyUnicode_KIND(object text)
    void *PyUnicode_DATA(object text)
    Py_ssize_t PyUnicode_GetLength(object text) except -1

# Kinds of a character: the top byte of its entry in a page. The low 21 bits are the character.
cdef enum:
    FIRST = 1       # a word can begin with it
    LETTER = 2      # a word can continue with it
    DIGIT = 4
    PAIRED = 8      # in a script that is split into pairs of characters
    FOLLOWS = 16    # only in the output of `_fold`: not the first byte of a character
    DROPPED = 32    # removed before words are looked for
    DEPENDS = 64    # its form depends on its neighbors: left to Python

FLAGS = {"first": FIRST, "letter": LETTER, "digit": DIGIT, "paired": PAIRED,
         "dropped": DROPPED, "depends": DEPENDS}

cdef enum:
    PAGES = 0x1100          # pages of 256 characters in all of Unicode
    PIECE = 8192            # characters in a piece; more if no blank allows a cut
    PADDING = 16            # bytes after a piece that may be read
    SMALLEST_TABLE = 10     # bits

cdef enum:
    DONE = 0
    NO_MEMORY = 1
    NO_PAGE = 2
    NOT_HERE = 3            # the piece contains a character that DEPENDS

cdef struct Slot:
    uint64_t key            # the word's bytes if it has up to 8, else a hash of them
    int32_t number          # -1: the slot is free
    uint32_t length         # bytes of the word

cdef struct Words:          # a hash table of words, numbered in the order in which they came
    Slot *slots
    int bits                # there are 2 ** bits slots, at most half of them taken
    uint8_t *bytes          # all words, one after the other
    int64_t bytes_room
    int64_t *starts         # (count + 1,): where each word begins in `bytes`
    int64_t starts_room
    int64_t count

cdef struct Buffers:
    uint8_t *bytes          # a piece in UTF-8, then PADDING
    uint8_t *kinds          # for each byte, the kinds of its character
    int64_t room
    int32_t *numbers        # the numbers of the words found
    int64_t count
    int64_t numbers_room

cdef struct Text:
    const void *data
    int64_t length          # characters
    int kind                # bytes of a character


cdef inline uint64_t _mixed(uint64_t key) noexcept nogil:
    """Return a number whose top bits depend on all bits of the key."""
    key = (key ^ (key >> 32)) * <uint64_t>0x9E3779B97F4A7C15u
    return (key ^ (key >> 29)) * <uint64_t>0xD6E8FEB86659FD93u


cdef inline uint64_t _eight(const uint8_t *bytes) noexcept nogil:
    """Return 8 bytes as a number, in the machine's byte order; only its equality is used."""
    cdef uint64_t number
    memcpy(&number, bytes, 8)
    return number


cdef inline uint64_t _key(const uint8_t *word, int64_t length) noexcept nogil:
    """Return a number that is the same for equal words.

    Of words of the same length, up to 8 bytes, it is different for different words. Reads no byte
    after the word. O(length).
    """
    cdef uint64_t key = 0
    cdef int64_t at = 0
    if length <= 8:
        memcpy(&key, word, length)
        return key
    key = _mixed(_eight(word + length - 8) + <uint64_t>length)
    while at < length - 8:
        key = _mixed(key ^ _eight(word + at)) + <uint64_t>at
        at += 8
    return key


cdef inline uint64_t _padded_key(const uint8_t *word, int64_t length) noexcept nogil:
    """Return `_key` of a word after which 8 bytes may be read. O(length)."""
    if LITTLE_ENDIAN and length <= 8:
        return _eight(word) & (~<uint64_t>0 >> (64 - 8 * length))
    return _key(word, length)


cdef int _start(Words *words) noexcept nogil:
    """Make an empty table; return False if memory runs out. Free it either way."""
    memset(words, 0, sizeof(Words))
    words.bits = SMALLEST_TABLE
    words.slots = <Slot *>malloc((<size_t>1 << words.bits) * sizeof(Slot))
    words.starts = <int64_t *>malloc(1024 * sizeof(int64_t))
    words.bytes = <uint8_t *>malloc(8192)
    if words.slots == NULL or words.starts == NULL or words.bytes == NULL:
        return False
    memset(words.slots, 0xFF, (<size_t>1 << words.bits) * sizeof(Slot))
    words.starts_room = 1024
    words.bytes_room = 8192
    words.starts[0] = 0
    return True


cdef void _free_words(Words *words) noexcept nogil:
    free(words.slots)
    free(words.starts)
    free(words.bytes)
    memset(words, 0, sizeof(Words))


cdef int _grow_slots(Words *words) noexcept nogil:
    """Double the slots; return False if memory runs out. O(slots)."""
    cdef size_t old = <size_t>1 << words.bits, at, to, mask = 2 * old - 1
    cdef Slot *slots = <Slot *>malloc(2 * old * sizeof(Slot))
    if slots == NULL:
        return False
    memset(slots, 0xFF, 2 * old * sizeof(Slot))
    words.bits += 1
    for at in range(old):
        if words.slots[at].number >= 0:
            to = _mixed(words.slots[at].key) >> (64 - words.bits)
            while slots[to].number >= 0:
                to = (to + 1) & mask
            slots[to] = words.slots[at]
    free(words.slots)
    words.slots = slots
    return True


cdef int _append(Words *words, const uint8_t *word, int64_t length) noexcept nogil:
    """Append a word; return False if memory runs out. O(length) amortized."""
    cdef int64_t room
    cdef void *grown
    cdef int64_t used = words.starts[words.count]
    if words.count == 0x7FFFFFFF:
        return False
    if words.count + 2 > words.starts_room:
        room = 2 * words.starts_room
        grown = realloc(words.starts, room * sizeof(int64_t))
        if grown == NULL:
            return False
        words.starts = <int64_t *>grown
        words.starts_room = room
    if used + length > words.bytes_room:
        room = 2 * (used + length)
        grown = realloc(words.bytes, room)
        if grown == NULL:
            return False
        words.bytes = <uint8_t *>grown
        words.bytes_room = room
    memcpy(words.bytes + used, word, length)
    words.count += 1
    words.starts[words.count] = used + length
    return True


cdef inline Slot *_slot(
    const Words *words, const uint8_t *word, int64_t length, uint64_t key
) noexcept nogil:
    """Return the slot of a word, or the free slot that it would take. O(length) expected.

    key: `_key` of the word.
    """
    cdef size_t mask = (<size_t>1 << words.bits) - 1
    cdef size_t at = _mixed(key) >> (64 - words.bits)
    cdef Slot *slot
    cdef int64_t start
    while True:
        slot = &words.slots[at]
        if slot.number < 0:
            return slot
        if slot.key == key and slot.length == <uint32_t>length:
            if length <= 8:
                return slot
            start = words.starts[slot.number]
            if (words.starts[slot.number + 1] - start == length
                    and memcmp(words.bytes + start, word, length) == 0):
                return slot
        at = (at + 1) & mask


cdef inline int32_t _number(
    Words *words, const uint8_t *word, int64_t length, uint64_t key
) noexcept nogil:
    """Return the number of a word, which is added if it is new; -1 if memory runs out.

    key: `_key` of the word. Writes into `words`. O(length) expected.
    """
    cdef Slot *slot = _slot(words, word, length, key)
    if slot.number >= 0:
        return slot.number
    if not _append(words, word, length):
        return -1
    slot.key = key
    slot.number = <int32_t>(words.count - 1)
    slot.length = <uint32_t>length
    if 2 * <size_t>words.count > <size_t>1 << words.bits and not _grow_slots(words):
        return -1
    return <int32_t>(words.count - 1)


cdef inline int _reserve(Buffers *buffers, int64_t characters) noexcept nogil:
    """Make room for a piece and its words; return False if memory runs out."""
    cdef int64_t room = 4 * characters + PADDING
    cdef void *grown
    if room > buffers.room:
        grown = realloc(buffers.bytes, room)
        if grown == NULL:
            return False
        buffers.bytes = <uint8_t *>grown
        grown = realloc(buffers.kinds, room)
        if grown == NULL:
            return False
        buffers.kinds = <uint8_t *>grown
        buffers.room = room
    # At most one word or pair ends at each character.
    if buffers.count + characters > buffers.numbers_room:
        room = 2 * (buffers.count + characters)
        grown = realloc(buffers.numbers, room * sizeof(int32_t))
        if grown == NULL:
            return False
        buffers.numbers = <int32_t *>grown
        buffers.numbers_room = room
    return True


ctypedef fused unit_t:
    uint8_t
    uint16_t
    uint32_t


cdef int64_t _piece_end(const unit_t *text, int64_t at, int64_t length) noexcept nogil:
    """Return where the piece that begins at `at` ends: after a blank, or at the end of the text.

    No word, composition or rule of case reaches across a blank. O(characters of the piece).
    """
    cdef int64_t end = at + PIECE
    if end >= length:
        return length
    while end > at:
        if text[end - 1] == 0x20 or text[end - 1] == 0x0A:
            return end
        end -= 1
    end = at + PIECE
    while end < length and text[end] != 0x20 and text[end] != 0x0A:
        end += 1
    return end


cdef int _fold(
    const unit_t *text, int64_t count, const uint32_t *const *pages, Buffers *buffers,
    int64_t *size, uint8_t *seen, int64_t *missing
) noexcept nogil:
    """Write the normalized forms of `count` characters into `buffers`, as UTF-8 with their kinds.

    pages: (PAGES,), the first one not NULL. Writes the number of bytes into size, all kinds that
    occurred, except of ASCII, into seen, and the page that is needed into missing if the result
    is NO_PAGE. O(count).
    """
    cdef uint8_t *out = buffers.bytes
    cdef uint8_t *kinds = buffers.kinds
    cdef const uint32_t *ascii = pages[0]
    cdef const uint32_t *page
    cdef uint32_t code, entry
    cdef uint8_t kind, follows, all_kinds = 0
    cdef int64_t at, to = 0
    for at in range(count):
        code = text[at]
        if code < 0x80:
            entry = ascii[code]
            out[to] = <uint8_t>entry
            kinds[to] = <uint8_t>(entry >> 24)
            to += 1
            continue
        page = pages[code >> 8]
        if page == NULL:
            missing[0] = code >> 8
            return NO_PAGE
        entry = page[code & 0xFF]
        kind = <uint8_t>(entry >> 24)
        if kind & (DROPPED | DEPENDS):
            if kind & DEPENDS:
                return NOT_HERE
            continue
        all_kinds |= kind
        follows = kind | FOLLOWS
        code = entry & 0x1FFFFF
        if code < 0x80:
            out[to] = <uint8_t>code
            kinds[to] = kind
            to += 1
        elif code < 0x800:
            out[to] = <uint8_t>(0xC0 | (code >> 6))
            out[to + 1] = <uint8_t>(0x80 | (code & 0x3F))
            kinds[to] = kind
            kinds[to + 1] = follows
            to += 2
        elif code < 0x10000:
            out[to] = <uint8_t>(0xE0 | (code >> 12))
            out[to + 1] = <uint8_t>(0x80 | ((code >> 6) & 0x3F))
            out[to + 2] = <uint8_t>(0x80 | (code & 0x3F))
            kinds[to] = kind
            kinds[to + 1] = kinds[to + 2] = follows
            to += 3
        else:
            out[to] = <uint8_t>(0xF0 | (code >> 18))
            out[to + 1] = <uint8_t>(0x80 | ((code >> 12) & 0x3F))
            out[to + 2] = <uint8_t>(0x80 | ((code >> 6) & 0x3F))
            out[to + 3] = <uint8_t>(0x80 | (code & 0x3F))
            kinds[to] = kind
            kinds[to + 1] = kinds[to + 2] = kinds[to + 3] = follows
            to += 4
    memset(out + to, 0, PADDING)
    memset(kinds + to, 0, PADDING)
    kinds[to] = FIRST  # where the search for a word stops
    size[0] = to
    seen[0] = all_kinds
    return DONE


cdef inline int64_t _word_end(
    const uint8_t *bytes, const uint8_t *kinds, int64_t at
) noexcept nogil:
    """Return where the word that begins at `at` ends, by the pattern of words in `terms`."""
    at += 1
    while kinds[at] & FOLLOWS:
        at += 1
    if bytes[at] == c"-" and kinds[at + 1] & LETTER:
        at += 2
        while kinds[at] & LETTER:
            at += 1
        return at
    while kinds[at] & LETTER:
        at += 1
    if bytes[at] == c"+":
        if bytes[at + 1] == c"+":
            at += 2
    elif bytes[at] == c"#":
        if not kinds[at + 1] & LETTER:
            at += 1
    elif kinds[at - 1] & DIGIT:
        while (bytes[at] == c"." or bytes[at] == c",") and kinds[at + 1] & DIGIT:
            at += 2
            while kinds[at] & DIGIT:
                at += 1
    return at


cdef inline int _emit(
    Words *words, Buffers *buffers, int64_t start, int64_t end
) noexcept nogil:
    """Number the word at bytes start to end of the piece; return False if memory runs out."""
    cdef const uint8_t *word = buffers.bytes + start
    cdef int32_t number = _number(words, word, end - start, _padded_key(word, end - start))
    buffers.numbers[buffers.count] = number
    buffers.count += 1
    return number >= 0


cdef int _emit_pairs(Words *words, Buffers *buffers, int64_t start, int64_t end) noexcept nogil:
    """Number the parts of a word that may contain a script without spaces: the pairs of adjacent
    characters in each run of such a script, and the text between these runs. Return False if
    memory runs out. O(bytes).
    """
    cdef const uint8_t *kinds = buffers.kinds
    cdef int64_t stop, second, third
    while start < end:
        stop = start + 1
        while stop < end and (kinds[stop] ^ kinds[start]) & PAIRED == 0:
            stop += 1
        second = _next(kinds, start)
        third = _next(kinds, second) if second < stop else stop
        if not kinds[start] & PAIRED or third >= stop:
            if not _emit(words, buffers, start, stop):
                return False
        else:
            while True:
                if not _emit(words, buffers, start, third):
                    return False
                if third >= stop:
                    break
                start = second
                second = third
                third = _next(kinds, third)
        start = stop
    return True


cdef inline int64_t _next(const uint8_t *kinds, int64_t at) noexcept nogil:
    """Return where the character after the one at `at` begins."""
    at += 1
    while kinds[at] & FOLLOWS:
        at += 1
    return at


cdef int _cut(Words *words, Buffers *buffers, int64_t size, uint8_t seen) noexcept nogil:
    """Find the words of a folded piece and append their numbers; return False if memory runs out.

    Writes into `words`, `buffers.numbers` and `buffers.count`. O(size) expected.
    """
    cdef const uint8_t *kinds = buffers.kinds
    cdef int64_t start = 0, end
    while True:
        while not kinds[start] & FIRST:
            start += 1
        if start == size:
            return True
        end = _word_end(buffers.bytes, kinds, start)
        if seen & PAIRED:
            if not _emit_pairs(words, buffers, start, end):
                return False
        elif not _emit(words, buffers, start, end):
            return False
        start = end


cdef int _piece(
    Words *words, Buffers *buffers, const Text *text, int64_t at, int64_t *end, int whole,
    const uint32_t *const *pages, int64_t *missing
) noexcept nogil:
    """Number the words of the piece of a text that begins at `at`; return a status.

    whole: the piece is the rest of the text. Writes into end where the piece ends; appends the
    numbers of its words to those in `buffers`; writes the page that is needed into missing if
    the status is NO_PAGE.
    """
    cdef int64_t size = 0
    cdef uint8_t seen = 0
    cdef int status
    cdef const uint8_t *narrow = <const uint8_t *>text.data
    cdef const uint16_t *middle = <const uint16_t *>text.data
    cdef const uint32_t *wide = <const uint32_t *>text.data
    if whole:
        end[0] = text.length
    elif text.kind == 1:
        end[0] = _piece_end(narrow, at, text.length)
    elif text.kind == 2:
        end[0] = _piece_end(middle, at, text.length)
    else:
        end[0] = _piece_end(wide, at, text.length)
    if not _reserve(buffers, end[0] - at):
        return NO_MEMORY
    if text.kind == 1:
        status = _fold(narrow + at, end[0] - at, pages, buffers, &size, &seen, missing)
    elif text.kind == 2:
        status = _fold(middle + at, end[0] - at, pages, buffers, &size, &seen, missing)
    else:
        status = _fold(wide + at, end[0] - at, pages, buffers, &size, &seen, missing)
    if status != DONE:
        return status
    return DONE if _cut(words, buffers, size, seen) else NO_MEMORY


cdef Text _view(str text) except *:
    """Return the address of a string's characters; the string must outlive the view."""
    cdef Text view
    view.length = PyUnicode_GetLength(text)  # also makes strings of the old kind ready
    view.kind = PyUnicode_KIND(text)
    view.data = PyUnicode_DATA(text)
    return view


cdef class Table:
    """Words numbered in the order in which they first appear; for one thread at a time.

    Parameters
    ----------
    page : callable
        ``page(number, as_is)`` returns a page of 256 characters, uint32 (256,): the lower-case
        form of each (`as_is`: of each in a text that `prepare` returned), and ``FLAGS << 24``.
    prepare : callable
        Takes a text and returns it in lower case and composed.
    """

    cdef Words words
    cdef Buffers buffers
    cdef const uint32_t *folding[PAGES]
    cdef const uint32_t *as_is[PAGES]
    cdef object page, prepare
    cdef list held  # the pages, so that the pointers stay valid

    def __cinit__(self):
        memset(&self.buffers, 0, sizeof(Buffers))
        memset(self.folding, 0, sizeof(self.folding))
        memset(self.as_is, 0, sizeof(self.as_is))
        if not _start(&self.words):
            raise MemoryError

    def __init__(self, page, prepare):
        self.page = page
        self.prepare = prepare
        self.held = []
        self._load(0, False)
        self._load(0, True)

    def __dealloc__(self):
        _free_words(&self.words)
        free(self.buffers.bytes)
        free(self.buffers.kinds)
        free(self.buffers.numbers)

    def __len__(self):
        return self.words.count

    def _load(self, int64_t number, bint as_is):
        cdef const uint32_t[::1] page = self.page(number, as_is)
        self.held.append(page)
        if as_is:
            self.as_is[number] = &page[0]
        else:
            self.folding[number] = &page[0]

    def scan(self, list texts not None):
        """Number the words of n texts.

        Parameters
        ----------
        texts : list of n str

        Returns
        -------
        numbers : ndarray of shape (words,), int32
            The number of each word, in order.
        ends : ndarray of shape (n + 1,), int64
            Where each text begins and ends in `numbers`.
        """
        cdef list held = list(texts)  # keeps every text alive meanwhile
        cdef int64_t n = len(held), row = 0, at = 0, end = 0, missing = 0
        cdef int status = DONE
        cdef int64_t[::1] ends = np.zeros(n + 1, np.int64)
        cdef Text *views = <Text *>malloc((n + 1) * sizeof(Text))
        if views == NULL:
            raise MemoryError
        try:
            for row in range(n):
                views[row] = _view(held[row])
            self.buffers.count = 0
            row = 0
            while row < n:
                with nogil:
                    while row < n:
                        if at < views[row].length:
                            status = _piece(&self.words, &self.buffers, &views[row], at, &end,
                                            False, self.folding, &missing)
                            if status != DONE:
                                break
                            at = end
                        if at >= views[row].length:
                            row += 1
                            at = 0
                            ends[row] = self.buffers.count
                if status == NO_PAGE:
                    self._load(missing, False)
                elif status == NOT_HERE:
                    self._scan_prepared(self.prepare(held[row][at:end]))
                    at = end  # if the text ends here, the loop above finishes it
                elif status == NO_MEMORY:
                    raise MemoryError
                status = DONE
        finally:
            free(views)
        numbers = np.empty(self.buffers.count, np.int32)
        cdef int32_t[::1] target = numbers
        if self.buffers.count:
            memcpy(&target[0], self.buffers.numbers, self.buffers.count * sizeof(int32_t))
        return numbers, np.asarray(ends)

    def _scan_prepared(self, str text not None):
        cdef Text view = _view(text)
        cdef int64_t end = 0, missing = 0
        cdef int status = NO_PAGE
        while status == NO_PAGE:
            with nogil:
                status = _piece(&self.words, &self.buffers, &view, 0, &end, True, self.as_is,
                                &missing)
            if status == NO_PAGE:
                self._load(missing, True)
        if status != DONE:
            raise MemoryError

    def words_from(self, int64_t first):
        """Return the words whose number is `first` or higher, as a list of str."""
        cdef int64_t number
        cdef const uint8_t *bytes = self.words.bytes
        cdef int64_t *starts = self.words.starts
        return [
            bytes[starts[number] : starts[number + 1]].decode("utf-8")
            for number in range(first, self.words.count)
        ]

    def numbers_of(self, list words):
        """Return the number of each word in a list of str, or -1 if it is not in the table.

        Returns
        -------
        ndarray of shape (words,), int32
        """
        cdef Py_ssize_t at
        cdef bytes spelled
        cdef const uint8_t *word
        numbers = np.empty(len(words), np.int32)
        cdef int32_t[::1] to = numbers
        for at in range(len(words)):
            spelled = (<str?>words[at]).encode("utf-8", "surrogatepass")
            word = <const uint8_t *>spelled
            to[at] = _slot(&self.words, word, len(spelled), _key(word, len(spelled))).number
        return numbers

    def spelled_from(self, int64_t first):
        """Return the words whose number is `first` or higher, in the form that `absorb` takes.

        Returns
        -------
        spelled : ndarray of shape (bytes,), uint8
            UTF-8 of the words, one after the other.
        ends : ndarray of shape (words + 1,), int64
            Where each word begins and ends in `spelled`.
        """
        cdef int64_t count = self.words.count - first
        cdef int64_t start = self.words.starts[first]
        ends = np.empty(count + 1, np.int64)
        cdef int64_t[::1] to = ends
        memcpy(&to[0], self.words.starts + first, (count + 1) * sizeof(int64_t))
        ends -= start
        spelled = np.empty(to[count], np.uint8)
        cdef uint8_t[::1] bytes = spelled
        if bytes.shape[0]:
            memcpy(&bytes[0], self.words.bytes + start, bytes.shape[0])
        return spelled, ends

    def absorb(self, const uint8_t[::1] spelled, const int64_t[::1] ends):
        """Number the words of another table.

        Parameters
        ----------
        spelled, ends
            What `spelled_from` of that table returned.

        Returns
        -------
        ndarray of shape (words,), int32
            The number of each word in this table.
        """
        cdef int64_t count = ends.shape[0] - 1, at, length
        cdef const uint8_t *letters = &spelled[0] if spelled.shape[0] else NULL
        cdef const uint8_t *word
        cdef int status = True
        numbers = np.empty(count, np.int32)
        cdef int32_t[::1] to = numbers
        with nogil:
            for at in range(count):
                word = letters + ends[at]
                length = ends[at + 1] - ends[at]
                to[at] = _number(&self.words, word, length, _key(word, length))
                if to[at] < 0:
                    status = False
                    break
        if not status:
            raise MemoryError
        return numbers
