package brotli

// MaxSize is the most bytes that one stream is made for: 16 MiB.
const MaxSize = 1 << 24

const (
	windowBits  = 22
	maxDistance = 1<<windowBits - 16 // of a copy, in what has been encoded

	blockSize = 1 << 16 // what is parsed at a time

	// A meta-block ends with the block in which it comes to hold one of these.
	maxMetaBlock = 1 << 23
	maxLiterals  = 1 << 20 // apart from those that no command holds yet
	maxCommands  = 1 << 20
)

// Encoder compresses. Its zero value is ready. It is not safe for concurrent
// use. It holds 2.6 MiB of scratch, and what its sources have needed beside: at
// most 4 MiB for histograms and codes, and 20 bytes for each copy in a meta-block,
// of which there are 50,000 to 100,000 in a MiB of text or programs. All encoders
// share 0.5 MiB of tables, made at the first use.
type Encoder struct {
	matcher // first, so that its rows lie in whole cache lines

	src   []byte
	words *wordList

	commands  []command
	lastCode  int    // distance code of the last command
	literals  int    // in commands
	pending   int    // literals behind the last command
	flushed   int    // src before this is in finished meta-blocks
	last      [4]int // distances of the newest copies, as the decoder will know them
	savedLast [4]int // the same at the start of the meta-block

	bits      bitWriter
	lits      category
	cmds      category
	distances category
	codes     codeBuilder
}

// AppendCompressed appends one complete stream that holds src to dst and returns
// the extended slice. src may not be longer than [MaxSize]; that is a fault of
// the program and panics.
func (e *Encoder) AppendCompressed(dst, src []byte) []byte {
	if len(src) > MaxSize {
		panic("brotli: source longer than MaxSize")
	}
	e.reset(dst, src)
	e.bits.write(4, (windowBits-17)<<1|1)
	start := 0
	for ; len(src)-start >= blockSize; start += blockSize {
		e.encodeBlock(start, start+blockSize, false)
	}
	// The source's end is seen only behind a full block: the last one may be empty.
	e.encodeBlock(start, len(src), true)

	out := e.bits.buf
	e.bits.buf, e.src = nil, nil
	return out
}

func (e *Encoder) reset(dst, src []byte) {
	if e.words == nil {
		e.words = dictionary()
		e.init()
	}
	e.src = src
	e.matcher.reset()
	e.commands, e.literals, e.pending, e.flushed = e.commands[:0], 0, 0, 0
	e.last = firstDistances
	e.savedLast = e.last
	e.bits = bitWriter{buf: dst}
}

// init makes ready what does not depend on the source.
func (e *Encoder) init() {
	e.last = firstDistances
	e.lits.init(literalCodes, 512, 400)
	e.cmds.init(commandCodes, 1024, 500)
	e.distances.init(distanceCodes, 512, 100)
}

// firstDistances are what the decoder takes for the last distances at the start,
// RFC 7932 section 4.
var firstDistances = [4]int{4, 11, 15, 16}

// encodeBlock parses src[start:end] and writes the meta-block that ends there, if
// one does.
func (e *Encoder) encodeBlock(start, end int, final bool) {
	e.enterSeam(start, end)
	if len(e.commands) > 0 && e.pending == 0 {
		start = e.extendLastCopy(start, end)
	}
	e.parse(start, end)
	if !final && end-e.flushed+blockSize <= maxMetaBlock &&
		e.literals < maxLiterals && len(e.commands) < maxCommands {
		return
	}
	if e.pending > 0 {
		e.emitLiterals()
	}
	e.writeMetaBlock(end, final)
	e.commands, e.literals, e.flushed = e.commands[:0], 0, end
	e.savedLast = e.last
}

// extendLastCopy lets the copy with which the previous block ended run on into
// this one, and returns where it ends.
func (e *Encoder) extendLastCopy(start, end int) int {
	c, dist := &e.commands[len(e.commands)-1], e.last[0]
	if e.lastCode >= shortCodes && e.lastCode-shortCodes+1 != dist {
		return start // it was a word of the dictionary
	}
	n := matchLen(e.src, start-dist, start, end)
	c.copied += uint32(n)
	c.copyCode += uint32(n)
	c.setLengthCode()
	return start + n
}
