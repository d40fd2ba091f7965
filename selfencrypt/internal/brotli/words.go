package brotli

import (
	_ "embed"
	"encoding/binary"
	"math/bits"
	"sync"
)

const (
	shortestWord = 4
	longestWord  = 24
	wordsSize    = 122784
	wordSlots    = 2 // of a bucket; the second is for words of less than 8 bytes
)

// wordBits is the binary logarithm of the number of words of each length, RFC
// 7932 appendix A.
var wordBits = [longestWord + 1]uint8{
	4: 10, 10, 11, 11, 10, 10, 10, 10, 10, 9, 9, 8, 7, 7, 8, 7, 7, 6, 6, 5, 5,
}

// wordList is the static dictionary and the encoder's way into it.
type wordList struct {
	bytes  []byte
	starts [longestWord + 1]int // where the words of a length start in bytes
	// table holds for each bucket of the four first bytes the words to try: the
	// length in five bits, and above them the number among the words of that
	// length. 0 is none.
	table [wordSlots << bucketBits]uint16
}

// choices.br tells which word is in a slot that several have a claim to, as a
// byte for each such slot: its number among them in order of length and number.
// It was taken from the table of Brotli's reference encoder, where the words
// were chosen by how often they had been met in a corpus.
//
//go:embed choices.br
var choices []byte

// dictionary returns the list that all encoders share.
var dictionary = sync.OnceValue(func() *wordList {
	l := new(wordList)
	for n, start := shortestWord, 0; n <= longestWord; n++ {
		l.starts[n] = start
		start += n << wordBits[n]
	}
	var d Decoder
	l.bytes = d.mustDecompress(streamOfWords(), wordsSize)
	l.fillTable(d.mustDecompress(choices, 1<<14))
	return l
})

// mustDecompress decompresses what does not come from outside.
func (d *Decoder) mustDecompress(stream []byte, limit int) []byte {
	content, err := d.AppendDecompressed(nil, stream, limit)
	if err != nil {
		panic(err)
	}
	return content
}

// streamOfWords returns a stream that copies every word of the dictionary, which
// the decoder has already.
func streamOfWords() []byte {
	e := new(Encoder)
	e.init()
	e.src = make([]byte, wordsSize) // no literal of it is coded
	e.bits.write(4, (windowBits-17)<<1|1)
	size := 0
	for n := shortestWord; n <= longestWord; n++ {
		for i := range 1 << wordBits[n] {
			e.emit(size, match{length: n, wordLength: n, distance: size + 1 + i})
			size += n
		}
	}
	e.buildMetaBlock(size, true)
	return e.bits.buf
}

// fillTable enters the words into the table; which tells whose turn it is where
// several have the same four first bytes.
func (l *wordList) fillTable(which []byte) {
	var claims [wordSlots << bucketBits][]uint16
	for n := shortestWord; n <= longestWord; n++ {
		for i := range 1 << wordBits[n] {
			bucket, _ := hash(binary.LittleEndian.Uint32(l.bytes[l.starts[n]+i*n:]))
			slot := bucket * wordSlots
			if n < 8 {
				slot++
			}
			claims[slot] = append(claims[slot], uint16(i<<5|n))
		}
	}
	for slot, c := range claims {
		switch len(c) {
		case 0:
		case 1:
			l.table[slot] = c[0]
		default:
			l.table[slot], which = c[which[0]], which[1:]
		}
	}
}

// cuts holds the transforms that omit the last bytes of a word, by how many, RFC
// 7932 appendix B.
var cuts = [10]int{0, 12, 27, 23, 42, 63, 56, 48, 59, 64}

// searchWords looks for the bytes at p in the dictionary. It is given up for the
// rest of a source in which less than one try in 128 has succeeded.
func (e *Encoder) searchWords(p, end int, bucket uint32) (best match, ok bool) {
	if e.found < e.lookups>>7 {
		return match{}, false
	}
	best.score = minScore
	for _, w := range e.words.table[bucket*wordSlots:][:wordSlots] {
		e.lookups++
		if w == 0 {
			continue
		}
		n, i := int(w&31), int(w>>5)
		if n > end-p {
			continue
		}
		word := e.words.bytes[e.words.starts[n]+i*n:][:n]
		length := 0
		for length < n && e.src[p+length] == word[length] {
			length++
		}
		if length == 0 || length+len(cuts) <= n {
			continue
		}
		distance := min(p, maxDistance) + 1 + i + cuts[n-length]<<wordBits[n]
		score := baseScore + byteScore*length - bitScore*(bits.Len(uint(distance))-1)
		if score < best.score { // one as good as the least is taken here
			continue
		}
		best, ok = match{length, n, distance, score}, true
		e.found++
	}
	return best, ok
}
